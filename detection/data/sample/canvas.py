"""Random drawing on a transparent patch with its own coordinate system."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[float, float, float]
Points = Sequence[tuple[float, float]]
Plane = NDArray[np.floating]
T = TypeVar("T")


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """Return one of the choices, with equal probability."""
    return choices[int(rng.integers(len(choices)))]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Return True with a probability."""
    return bool(rng.random() < probability)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour between two; `share` is that of the second."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    """Return the colour made darker (factor below 1) or lighter."""
    red, green, blue = (min(255.0, channel * factor) for channel in colour)
    return red, green, blue


def jitter(rng: np.random.Generator, colour: Colour, spread: float = 10.0) -> Colour:
    """Return the colour with a random change of at most `spread` in each channel."""
    red, green, blue = (float(np.clip(channel + rng.uniform(-spread, spread), 0, 255)) for channel in colour)
    return red, green, blue


def any_colour(rng: np.random.Generator, saturation: tuple[float, float] = (0.2, 0.9)) -> Colour:
    """Return a colour of any hue."""
    hue = rng.uniform(0, 3)
    wheel = np.clip(2 - np.abs((hue - np.array([0.0, 1.0, 2.0]) + 1.5) % 3 - 1.5) * 2, 0, 1)
    grey = 1 - rng.uniform(*saturation)
    red, green, blue = (wheel * (1 - grey) + grey) * rng.uniform(90, 250)
    return float(red), float(green), float(blue)


def smooth_step(value: Plane, low: float, high: float) -> Plane:
    """Return 0 below `low`, 1 above `high` and a smooth rise between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


class Patch:
    """A square RGBA image whose centre is (0, 0); it reaches `extent` units to each side, `unit` pixels each.

    x points right and y down. The image is drawn without smoothing: draw large and scale down.
    """

    def __init__(self, unit: float, extent: float) -> None:
        self.unit = unit
        self.half = int(np.ceil(extent * unit))
        self.image = Image.new("RGBA", (2 * self.half, 2 * self.half))
        self._draw = ImageDraw.Draw(self.image)

    def grid(self) -> tuple[Plane, Plane]:
        """Return x `[1, side]` and y `[side, 1]` of the pixels' centres."""
        along = ((np.arange(2 * self.half) + 0.5 - self.half) / self.unit).astype(np.float32)
        return along[None, :], along[:, None]

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        return [(self.half + x * self.unit, self.half + y * self.unit) for x, y in points]

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._pixels(points), fill=_rgba(colour))

    def line(self, points: Points, colour: Colour, width: float) -> None:
        """Draw a line with round corners, `width` units wide."""
        self._draw.line(self._pixels(points), fill=_rgba(colour), width=self._width(width), joint="curve")

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
        """Fill an ellipse."""
        self._draw.ellipse(self._bounds(centre, radii), fill=_rgba(colour))

    def ring(
        self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour, width: float
    ) -> None:
        """Draw the outline of an ellipse."""
        self._draw.ellipse(self._bounds(centre, radii), outline=_rgba(colour), width=self._width(width))

    def paint(self, alpha: Plane, colours: NDArray[np.floating]) -> None:
        """Lay colours `[side, side, 3]` (or one colour `[3]`), 0..255, over the patch; alpha is 0..1."""
        side = 2 * self.half
        layer = np.empty((side, side, 4), np.uint8)
        layer[..., :3] = np.clip(colours, 0, 255)
        layer[..., 3] = np.clip(alpha, 0, 1) * 255
        self.image.alpha_composite(Image.fromarray(layer))

    def _width(self, width: float) -> int:
        return max(1, round(width * self.unit))

    def _bounds(self, centre: tuple[float, float], radii: tuple[float, float]) -> list[tuple[float, float]]:
        (x, y), (half_width, half_height) = centre, radii
        return self._pixels([(x - half_width, y - half_height), (x + half_width, y + half_height)])


def _rgba(colour: Colour) -> tuple[int, int, int, int]:
    red, green, blue = (int(np.clip(channel, 0, 255)) for channel in colour)
    return red, green, blue, 255


def as_rgb(colour: Colour) -> tuple[int, int, int]:
    """Return the colour as whole numbers for Pillow."""
    return _rgba(colour)[:3]
