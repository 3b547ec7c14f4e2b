"""A legend of class colours in the emptiest corner of an image."""

from collections.abc import Sequence

import numpy as np
from PIL import ImageDraw, ImageFont

from sweepbox.detection.core.boxes import pairwise_intersection
from sweepbox.detection.inference.palette import DARK, LIGHT, colour_of

OPACITY = 200


def draw_legend(
    draw: ImageDraw.ImageDraw,
    image_size: tuple[int, int],
    classes: Sequence[tuple[str, int]],
    boxes_yxyx: np.ndarray,
    *,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    padding: int,
) -> None:
    """Draw the names and colours of classes in the corner where they hide least of the boxes.

    Nothing is drawn if the legend is higher or wider than half of the image.

    Args:
        draw: The drawing of the image.
        image_size: (height, width) in pixels.
        classes: (name, 1-based id) pairs.
        boxes_yxyx: The boxes `[n, 4]` in pixels.
        font: The font of the names.
        padding: The space around entries in pixels.
    """
    _, top, _, bottom = font.getbbox("Ág")
    line = round(bottom - top) + padding
    width = round(max(font.getlength(name) for name, _ in classes)) + line + 3 * padding
    height = line * len(classes) + 2 * padding
    if height > image_size[0] / 2 or width > image_size[1] / 2:
        return
    left, upper = emptiest_corner(image_size, (height, width), boxes_yxyx, margin=padding)
    frame = (left, upper, left + width - 1, upper + height - 1)
    draw.rounded_rectangle(frame, radius=padding, fill=(*DARK, OPACITY))
    for row, (name, class_id) in enumerate(classes):
        y = upper + padding + row * line
        swatch = (left + padding, y + padding, left + line - padding, y + line - padding)
        draw.rectangle(swatch, fill=(*colour_of(class_id), 255))
        draw.text((left + line + padding, y + line / 2), name, fill=(*LIGHT, 255), font=font, anchor="lm")


def emptiest_corner(
    image_size: tuple[int, int], size: tuple[int, int], boxes_yxyx: np.ndarray, *, margin: int
) -> tuple[int, int]:
    """Return (left, top) of a frame of size (height, width) in the corner where it hides least of the boxes."""
    bottom, right = image_size[0] - size[0] - margin, image_size[1] - size[1] - margin
    corners = [(margin, bottom), (right, bottom), (margin, margin), (right, margin)]
    frames = np.array([(top, left, top + size[0], left + size[1]) for left, top in corners], np.float64)
    return corners[int(np.argmin(pairwise_intersection(frames, boxes_yxyx).sum(axis=1)))]
