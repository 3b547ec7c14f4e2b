"""Draws detections into images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.images import ImageSource, image_pixels
from sweepbox.detection.inference.label_layout import LabelLayout, PlacedLabel
from sweepbox.detection.inference.legend import draw_legend
from sweepbox.detection.inference.palette import DARK, colour_of, text_colour_on

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
DEFAULT_THRESHOLD = 0.5
LABEL_OPACITY = 235
HALO_OPACITY = 120
CROWDED_FRACTION = 0.12
"""If full labels would cover more than this fraction of the image, all labels are shortened."""


@dataclass(frozen=True)
class Style:
    """Sizes in pixels, by the size of the image."""

    line: int
    font_size: int
    padding: int

    @classmethod
    def of(cls, image_size: tuple[int, int]) -> "Style":
        """Return the style for an image of (height, width); text stays readable in small images."""
        side = (image_size[0] * image_size[1]) ** 0.5
        return cls(
            line=max(2, round(side / 300)),
            font_size=max(11, round(side / 42)),
            padding=max(2, round(side / 260)),
        )


def draw_detections(
    image: ImageSource,
    detections: Detections,
    labels: LabelMap | None = None,
    threshold: float | None = None,
) -> Image.Image:
    """Return a copy of an image with a box in the colour of its class and a label for each detection.

    A label has the class and the score. If there are many detections, or if a label would hide another label or
    box, it is shortened to the score or omitted, and a legend shows the colours; the best scores are labelled
    first.

    Args:
        image: A file, a Pillow image, or an RGB array, uint8 `[height, width, 3]`.
        detections: The detections in it.
        labels: The classes; by default those of the detections.
        threshold: The lowest score of a detection that is drawn; by default all are drawn if they were selected
            by a model's operating thresholds, and else those from 0.5.

    Example:
        >>> found = sb.Detector("model")("picture.jpg")
        >>> sb.draw_detections("picture.jpg", found, threshold=0.1).size
        (128, 128)
    """
    original = Image.fromarray(image_pixels(image))
    default = 0.0 if detections.at_thresholds else DEFAULT_THRESHOLD
    shown = detections.above(default if threshold is None else threshold)
    if labels is not None:
        shown = replace(shown, labels=labels)
    scores = [f"{score:.2f}" for score in shown.scores]
    texts = [(f"{name} {score}", score) for name, score in zip(shown.class_names, scores, strict=True)]
    return _drawn(original, _Objects(shown.boxes_yxyx, shown.class_ids, shown.class_names, texts, shown.scores))


def draw_objects(
    image: ImageSource,
    boxes_yxyx: NDArray[np.float32],
    class_ids: NDArray[np.int64],
    labels: LabelMap,
    *,
    notes: Sequence[str] = (),
) -> Image.Image:
    """Return a copy of an image with a box in the colour of its class and the class's name for each object.

    Args:
        image: A file, a Pillow image, or an RGB array, uint8 `[height, width, 3]`.
        boxes_yxyx: float32 `[n, 4]`, normalised to the image.
        class_ids: int64 `[n]`, 1-based.
        labels: The classes.
        notes: What is written behind each name; nothing by default.
    """
    names = tuple(labels.name_of(class_id) for class_id in class_ids.tolist())
    behind = notes or [""] * len(names)
    texts = [(f"{name} {note}".strip(),) for name, note in zip(names, behind, strict=True)]
    areas = np.prod(boxes_yxyx[:, 2:] - boxes_yxyx[:, :2], axis=1)
    # Small objects come last, so that they are on top, and first in the choice of places for labels.
    original = Image.fromarray(image_pixels(image))
    return _drawn(original, _Objects(boxes_yxyx, class_ids, names, texts, -areas))


@dataclass(frozen=True, eq=False)
class _Objects:
    """Objects to draw: texts in the order of preference for each, and the order of importance."""

    boxes_yxyx: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    class_names: Sequence[str]
    texts: Sequence[tuple[str, ...]]
    importance: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.class_ids)


def _drawn(original: Image.Image, shown: _Objects) -> Image.Image:
    """Return an image with boxes, labels and, where labels are missing, a legend."""
    if not len(shown):
        return original
    height, width = original.height, original.width
    style = Style.of((height, width))
    boxes_pixels = shown.boxes_yxyx.astype(np.float64).clip(0, 1) * [height, width, height, width]
    overlay = Image.new("RGBA", original.size)
    draw = ImageDraw.Draw(overlay)
    # The most important one is drawn last, so that its box is on top.
    for row in np.argsort(shown.importance, kind="stable"):
        _draw_box(draw, boxes_pixels[row], int(shown.class_ids[row]), style)
    shortened = _draw_labels(draw, boxes_pixels, shown, style)
    if shortened:
        names = dict(zip(shown.class_ids.tolist(), shown.class_names, strict=True))
        present = [(names[class_id], class_id) for class_id in sorted(names)]
        font = _font(style.font_size)
        draw_legend(draw, (height, width), present, boxes_pixels, font=font, padding=style.padding)
    return Image.alpha_composite(original.convert("RGBA"), overlay).convert("RGB")


@lru_cache(maxsize=16)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _draw_box(draw: ImageDraw.ImageDraw, box_yxyx: NDArray[np.float64], class_id: int, style: Style) -> None:
    """Draw a frame in the colour of the class between two thin dark lines, for contrast on any background."""
    top, left, bottom, right = (round(float(side)) for side in box_yxyx)
    right, bottom = max(right - 1, left), max(bottom - 1, top)
    halo = (*DARK, HALO_OPACITY)
    draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=halo, width=1)
    thickness = max(1, min(style.line, (right - left) // 4, (bottom - top) // 4))
    inner = thickness
    if right - left > 2 * inner + 2 and bottom - top > 2 * inner + 2:
        draw.rectangle((left + inner, top + inner, right - inner, bottom - inner), outline=halo, width=1)
    draw.rectangle((left, top, right, bottom), outline=(*colour_of(class_id), 255), width=thickness)


def _draw_labels(
    draw: ImageDraw.ImageDraw,
    boxes_pixels: NDArray[np.float64],
    shown: _Objects,
    style: Style,
) -> bool:
    """Draw the labels, the most important first; return whether one was shortened or omitted."""
    size = (draw.im.size[1], draw.im.size[0])
    layout = LabelLayout(size, boxes_pixels, gap=1)
    font = _font(style.font_size)
    covered = sum(np.prod(label_size(texts[0], font, style.padding)) for texts in shown.texts)
    crowded = bool(covered > CROWDED_FRACTION * size[0] * size[1])
    shortened = crowded
    for row in np.argsort(-shown.importance, kind="stable"):
        texts = shown.texts[row][-1:] if crowded else shown.texts[row]
        placed = layout.place(int(row), [label_size(text, font, style.padding) for text in texts])
        shortened |= placed is None or placed.choice > 0
        if placed is not None:
            class_id = int(shown.class_ids[row])
            _draw_label(draw, placed, texts[placed.choice], class_id=class_id, font=font, padding=style.padding)
    return shortened


def label_size(text: str, font: Font, padding: int) -> tuple[int, int]:
    """Return (height, width) of a label in pixels; all labels of a font have the same height."""
    _, top, _, bottom = font.getbbox("Ág")
    return round(bottom - top) + 2 * padding, round(font.getlength(text)) + 2 * padding + padding


def _draw_label(
    draw: ImageDraw.ImageDraw, placed: PlacedLabel, text: str, *, class_id: int, font: Font, padding: int
) -> None:
    """Draw a text on a rounded background in the colour of the class."""
    height, width = label_size(text, font, padding)
    colour = colour_of(class_id)
    frame = (placed.left, placed.top, placed.left + width - 1, placed.top + height - 1)
    draw.rounded_rectangle(frame, radius=padding, fill=(*colour, LABEL_OPACITY))
    middle = (placed.left + padding + padding // 2, placed.top + height / 2)
    draw.text(middle, text, fill=(*text_colour_on(colour), 255), font=font, anchor="lm")
