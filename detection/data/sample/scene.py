"""One scene: people placed in front of a background, lit and photographed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from sweepbox.detection.data.sample.background import draw_background
from sweepbox.detection.data.sample.canvas import chance, pick
from sweepbox.detection.data.sample.head import Head
from sweepbox.detection.data.sample.mask import Wearing
from sweepbox.detection.data.sample.person import Portrait, draw_body, draw_portrait

SUPERSAMPLING = 2
FACE_SHARES = (0.13, 0.44)
"""Height of a face as a share of the image's side: smallest and largest."""
LARGEST_OVERLAP = 0.06
FaceBox = tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """Where a face goes: its middle and its height, as shares of the image's side."""

    x: float
    y: float
    height: float

    def reach(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of the head with its hair."""
        return (
            self.x - self.height * 0.52, self.y - self.height * 0.66, self.x + self.height * 0.52,
            self.y + self.height * 0.56,
        )  # fmt: skip


def draw_scene(
    rng: np.random.Generator, wearings: Sequence[Wearing | None], side: int
) -> tuple[Image.Image, list[tuple[int, FaceBox]]]:
    """Draw one scene of `side` × `side` pixels with a face for each entry of `wearings`.

    Returns the picture and, for each face that found room, its index in `wearings` and its box (xmin, ymin,
    xmax, ymax in pixels, inside the picture), nearest person last.
    """
    large = side * SUPERSAMPLING
    light = (rng.uniform(-1, 1), rng.uniform(-1, 0.1))
    scene = draw_background(rng, large)
    boxes: list[tuple[int, FaceBox]] = []
    places = _find_places(rng, len(wearings))
    for index, place in sorted(enumerate(places), key=lambda item: item[1].y + item[1].height / 2):
        head = Head.drawn(rng, light)
        unit = place.height * large / (2 * head.height)
        centre = (place.x * large, place.y * large)
        draw_body(rng, scene, head, centre=centre, unit=unit)
        tilt = float(np.clip(rng.normal(0, 9), -28, 28))
        portrait = draw_portrait(rng, head, wearings[index], unit=unit, tilt=tilt)
        boxes.append((index, _lay_in(scene, portrait, centre)))
    return _photograph(rng, scene.resize((side, side), Image.Resampling.LANCZOS)), boxes


def _find_places(rng: np.random.Generator, count: int) -> list[Place]:
    """Return room for up to `count` faces that hardly overlap; later ones get smaller until they fit."""
    smallest, largest = FACE_SHARES
    roomiest = largest if count <= 4 else largest * 0.75
    heights = np.sort(np.exp(rng.uniform(np.log(smallest), np.log(roomiest), count)))[::-1]
    places: list[Place] = []
    for wanted in heights:
        for attempt in range(200):
            height = max(smallest, float(wanted) * 0.985**attempt)
            margin_x, margin_y = height * 0.42, height * 0.56
            place = Place(
                rng.uniform(margin_x, 1 - margin_x),
                rng.uniform(margin_y, max(margin_y, 0.9 - margin_y)),
                height,
            )
            if all(_overlap(place.reach(), other.reach()) <= LARGEST_OVERLAP for other in places):
                places.append(place)
                break
    return places


def _overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Return the overlap of two boxes as a share of the smaller one."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return max(width, 0.0) * max(height, 0.0) / min(areas)


def _lay_in(scene: Image.Image, portrait: Portrait, centre: tuple[float, float]) -> FaceBox:
    """Lay a head into the scene and return the box of its face in the final image."""
    left, top = round(centre[0]) - portrait.middle, round(centre[1]) - portrait.middle
    scene.paste(portrait.image, (left, top), portrait.image)
    side = scene.size[0] // SUPERSAMPLING
    corners = [
        (offset + value) / SUPERSAMPLING
        for offset, value in zip((left, top, left, top), portrait.face_box, strict=True)
    ]
    xmin, ymin = (int(np.clip(np.floor(value), 0, side)) for value in corners[:2])
    xmax, ymax = (int(np.clip(np.ceil(value), 0, side)) for value in corners[2:])
    return xmin, ymin, xmax, ymax


def _photograph(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Return the image as a camera would see it: light, tint, vignette, blur and noise."""
    if chance(rng, 0.3):
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.1)))
    side = picture.size[0]
    along = np.linspace(-1, 1, side, dtype=np.float32)
    fall = 1 - rng.uniform(0, 0.3) * (along[:, None] ** 2 + along[None, :] ** 2) / 2
    slope = 1 + rng.uniform(-0.18, 0.18) * along[None, :] + rng.uniform(-0.12, 0.12) * along[:, None]
    tint = pick(rng, [(1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.06, 1.0, 0.9), (0.93, 0.99, 1.07)])
    gain = rng.uniform(0.8, 1.08) * np.array(tint, np.float32) * (fall * slope)[..., None]
    pixels = 255 * (np.asarray(picture, np.float32) / 255 * gain).clip(0, 1) ** rng.uniform(0.85, 1.2)
    pixels = pixels + rng.normal(0, rng.uniform(0.5, 5.0), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
