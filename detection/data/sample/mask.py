"""Face masks: kinds, colours, patterns and the ways in which people wear them."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.data.sample.canvas import (
    Colour,
    Patch,
    Plane,
    any_colour,
    chance,
    jitter,
    pick,
    smooth_step,
)
from sweepbox.detection.data.sample.head import Head, edge

PLAIN: tuple[Colour, ...] = (
    (150, 200, 226), (176, 218, 236), (238, 241, 244), (244, 244, 240), (166, 214, 200), (32, 33, 38),
    (60, 64, 74), (236, 178, 194), (44, 66, 120), (196, 200, 206),
)  # fmt: skip
PATTERNS = ("plain", "stripes", "rings", "dots", "checks", "blotches")
HALF_ACROSS = 0.93


class Wearing(Enum):
    """How a mask is worn; the values are top and bottom edge, at the middle and at the side of the face (y)."""

    PROPERLY = (0.09, 0.2, 1.07, 0.66)
    UNDER_NOSE = (0.475, 0.36, 1.09, 0.76)
    ON_CHIN = (0.785, 0.6, 1.2, 0.88)


@dataclass(frozen=True)
class Mask:
    """One mask: its kind (pleated, cloth or beak), pattern and colours."""

    kind: str
    pattern: str
    colour: Colour
    second: Colour
    scale: float
    phase: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Mask":
        """Return a random mask; pleated ones in plain colours are the most frequent."""
        kind = pick(rng, ["pleated", "pleated", "cloth", "beak"])
        pattern = pick(rng, PATTERNS) if kind == "cloth" else "plain"
        colour = pick(rng, PLAIN) if pattern == "plain" or chance(rng, 0.5) else any_colour(rng)
        return cls(
            kind, pattern, jitter(rng, colour, 6), any_colour(rng, (0.4, 1.0)), rng.uniform(0.8, 1.5),
            rng.uniform(0, 6),
        )  # fmt: skip

    def draw(self, patch: Patch, head: Head, wearing: Wearing) -> None:
        """Draw the mask over a face."""
        middle_top, side_top, middle_bottom, side_bottom = wearing.value
        self._draw_straps(patch, head, wearing)
        x, y = patch.grid()
        width = head.half_width(y, 1.045, middle_bottom * 1.035)
        across, face_y = head.across(x, width), y / head.height - head.nod
        away = np.clip(np.abs(across) / HALF_ACROSS, 0, 1)
        top = middle_top + (side_top - middle_top) * away**1.5
        bottom = middle_bottom + (side_bottom - middle_bottom) * away**2.2
        down = (face_y - top) / (bottom - top)
        outline = np.minimum.reduce([
            (face_y - top) * head.height, (bottom - face_y) * head.height, (HALF_ACROSS - np.abs(across)) * 0.8,
            width - np.abs(x),
        ])  # fmt: skip
        light = head.brightness(x, y, width) * self._relief(across, down, outline)
        patch.paint(edge(outline, patch.unit), self._cloth(across, face_y) * light[..., None] * 1.03)

    def _draw_straps(self, patch: Patch, head: Head, wearing: Wearing) -> None:
        """Draw the loops to the ears."""
        _, side_top, _, side_bottom = wearing.value
        colour = tuple(channel * 0.5 + 120 for channel in self.colour)
        ear_y = 0.02 if wearing is not Wearing.ON_CHIN else 0.25
        for side in (-1, 1):
            if head.shows(side * HALF_ACROSS) or side * head.yaw < 0:
                for y, to in ((side_top + 0.03, ear_y), (side_bottom - 0.05, ear_y + 0.2)):
                    ends = [head.place(side * HALF_ACROSS, y), head.place(side * 1.08, (y + to) / 2),
                            head.place(side * 1.2, to)]  # fmt: skip
                    patch.line(ends, (colour[0], colour[1], colour[2]), 0.045)

    def _relief(self, across: Plane, down: Plane, outline: Plane) -> Plane:
        """Return the play of light in folds, seams and hems, about 0.75 to 1.05."""
        hem = 1 - 0.16 * (1 - smooth_step(np.abs(outline - 0.07), 0.0, 0.025))
        border = 0.9 + 0.1 * smooth_step(outline, 0.0, 0.12)
        if self.kind == "pleated":
            folds = 1 - 0.2 * np.exp(-(((((down * 4) % 1) - 0.15) / 0.12) ** 2)) * (down > 0.12) * (down < 0.9)
        elif self.kind == "beak":
            folds = 1 - 0.25 * np.exp(-((across / 0.025) ** 2)) + 0.07 * np.sign(across)
        else:
            folds = (
                1 - 0.12 * np.exp(-((across / 0.02) ** 2)) - 0.05 * np.sin(across * 9 + down * 7 + self.phase)
            )
        return np.asarray(hem * border * folds, np.float32)

    def _cloth(self, across: Plane, face_y: Plane) -> NDArray[np.floating]:
        """Return the colours `[side, side, 3]` of the cloth."""
        u, v = across * self.scale, face_y * self.scale
        if self.pattern == "stripes":
            share = smooth_step(np.sin(u * 22 + v * 8 * np.sin(self.phase)), -0.2, 0.2)
        elif self.pattern == "rings":
            share = smooth_step(np.sin(v * 30 + u * 3), -0.2, 0.2)
        elif self.pattern == "dots":
            share = smooth_step(np.sin(u * 20 + self.phase) * np.sin(v * 24), 0.35, 0.55)
        elif self.pattern == "checks":
            share = 0.5 * smooth_step(np.sin(u * 20), -0.2, 0.2) + 0.5 * smooth_step(np.sin(v * 24), -0.2, 0.2)
        elif self.pattern == "blotches":
            waves = np.sin(u * 11 + self.phase) + np.sin(v * 13 - self.phase) + np.sin((u + v) * 9)
            share = smooth_step(waves, 0.2, 0.5)
        else:
            share = np.zeros_like(across)
        first, second = np.array(self.colour, np.float32), np.array(self.second, np.float32)
        return np.asarray(first + (second - first) * share[..., None])
