"""One person: body and head with face, hair and perhaps a mask, ready to be laid into a scene."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from sweepbox.detection.data.sample.canvas import Patch, any_colour, as_rgb, chance, shade
from sweepbox.detection.data.sample.features import draw_features, draw_glasses
from sweepbox.detection.data.sample.hair import Hairdo
from sweepbox.detection.data.sample.head import Head, draw_beard, draw_skin
from sweepbox.detection.data.sample.mask import Mask, Wearing

EXTENT = 2.35
"""How far hair and hats reach from the middle of the face, in half face widths."""


@dataclass(frozen=True)
class Portrait:
    """A head as RGBA pixels, the box of its face in them (left, top, right, bottom) and its middle."""

    image: Image.Image
    face_box: tuple[int, int, int, int]
    middle: int


def draw_portrait(
    rng: np.random.Generator, head: Head, wearing: Wearing | None, *, unit: float, tilt: float
) -> Portrait:
    """Draw a head, `unit` pixels per half face width, tilted by so many degrees."""
    hairdo, patch = Hairdo(rng), Patch(unit, EXTENT)
    hairdo.draw_back(patch, head)
    face = Patch(unit, EXTENT)
    draw_skin(face, head, rng)
    draw_features(face, head, hairdo.colour, rng)
    if chance(rng, 0.18):
        draw_beard(face, head, hairdo.colour, rng)
    glasses = chance(rng, 0.2)
    if glasses and wearing is not Wearing.PROPERLY:
        draw_glasses(face, head, rng)
    if wearing is not None:
        Mask.drawn(rng).draw(face, head, wearing)
    if glasses and wearing is Wearing.PROPERLY:
        draw_glasses(face, head, rng)
    patch.image.alpha_composite(face.image)
    hairdo.draw_front(patch, head)
    turned = patch.image.rotate(tilt, Image.Resampling.BICUBIC)
    outline = (
        face.image.getchannel("A")
        .rotate(tilt, Image.Resampling.BICUBIC)
        .point(lambda alpha: 255 * (alpha > 127))
    )
    box = outline.getbbox()
    return Portrait(turned, box or (0, 0, *turned.size), patch.half)


def draw_body(
    rng: np.random.Generator, scene: Image.Image, head: Head, *, centre: tuple[float, float], unit: float
) -> None:
    """Draw neck, shoulders, trunk and legs below a face whose middle is `centre`, in pixels of the scene."""
    draw, (x, y) = ImageDraw.Draw(scene), centre
    cloth, trousers = any_colour(rng, (0.1, 0.65)), shade(any_colour(rng, (0.1, 0.5)), 0.6)
    tall, shoulder, fall = head.height, rng.uniform(1.75, 2.2), rng.uniform(0.5, 0.75)

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + across * unit, y + down * unit) for across, down in points]

    for side in (-1, 1):
        leg = at((side * 0.15, 5.2), (side * 1.3, 5.2), (side * 1.15, 11), (side * 0.3, 11))
        draw.polygon(leg, fill=as_rgb(trousers))
    draw.polygon(
        at((-0.52, 0.5), (0.52, 0.5), (0.62, tall + 0.6), (-0.62, tall + 0.6)),
        fill=as_rgb(shade(head.skin, 0.7)),
    )
    top = tall + 0.32
    slope = [(shoulder * s, top + fall * abs(s) ** 2.2) for s in np.linspace(-1, 1, 25) if abs(s) > 0.3]
    trunk = [
        *slope,
        (shoulder * 0.98, 3.4),
        (shoulder * 0.72, 5.6),
        (-shoulder * 0.72, 5.6),
        (-shoulder * 0.98, 3.4),
    ]
    draw.polygon(at(*trunk), fill=as_rgb(cloth))
    draw.ellipse(at((-0.6, tall + 0.08), (0.6, tall + 0.6)), fill=as_rgb(shade(head.skin, 0.7)))
    if chance(rng, 0.5):
        draw.line(
            at((0, tall + 0.6), (0, 5.4)), fill=as_rgb(shade(cloth, 0.7)), width=max(1, round(unit * 0.08))
        )
    if chance(rng, 0.35):
        second = any_colour(rng, (0.1, 0.65))
        for down in np.arange(top + 0.95, 5.0, 0.62).tolist():
            corners = ((-1, down), (1, down), (1, down + 0.28), (-1, down + 0.28))
            draw.polygon(at(*((shoulder * 0.8 * x, y) for x, y in corners)), fill=as_rgb(second))
