"""The shape of a head: silhouette, turn and nod, and where a point of the face lands in the image."""

from dataclasses import dataclass

import numpy as np

from sweepbox.detection.data.sample.canvas import (
    Colour,
    Patch,
    Plane,
    chance,
    jitter,
    mix,
    pick,
    shade,
    smooth_step,
)

WRAP = 1.25
"""The angle in radians by which the face coordinate x = 1 (at the ear) lies around the head."""

SKINS: tuple[Colour, ...] = (
    (250, 220, 198), (241, 203, 172), (232, 190, 152), (219, 171, 128), (198, 146, 104), (168, 117, 79),
    (141, 94, 62), (112, 73, 49), (86, 56, 40),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """A head in units of half its width: x from -1 to 1, y from `-height` (crown) to `height` (chin).

    Points of the face have coordinates (x, y) with x in -1 (one ear) to 1 and y in -1 to 1; `place` turns them.
    """

    height: float
    jaw: float
    roundness: float
    yaw: float
    nod: float
    skin: Colour
    light: tuple[float, float]

    @classmethod
    def drawn(cls, rng: np.random.Generator, light: tuple[float, float]) -> "Head":
        """Return a head of random build and pose."""
        turned = rng.uniform(-0.75, 0.75) if chance(rng, 0.45) else rng.normal(0, 0.15)
        return cls(
            height=rng.uniform(1.18, 1.4), jaw=rng.uniform(0.08, 0.28), roundness=rng.uniform(2.1, 2.6),
            yaw=float(turned), nod=rng.uniform(-0.07, 0.1), skin=jitter(rng, pick(rng, SKINS), 8), light=light,
        )  # fmt: skip

    def half_width(self, y: Plane, grow: float = 1.0, chin: float = 1.0) -> Plane:
        """Return the half width of the silhouette at heights y, in units; below 0 above and under the head.

        `grow` widens and heightens it, `chin` lengthens its lower half.
        """
        height = np.where(y > 0, self.height * chin, self.height * grow)
        share = np.clip(np.abs(y) / height, 0, 1)
        width = (1 - share**self.roundness) ** (1 / self.roundness)
        narrowing = 1 - self.jaw * np.clip(y / height, 0, 1) ** 1.6
        return np.asarray(np.where(share < 1, grow * width * narrowing, -0.1), np.float32)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the position of the point (x, y) of the face in the image, in units."""
        down = (y + self.nod) * self.height
        width = max(0.0, float(self.half_width(np.array(down, np.float32))))
        return width * float(np.sin(np.clip(x * WRAP + self.yaw, -1.5, 1.5))), down

    def shows(self, x: float) -> bool:
        """Return whether the face coordinate x is on the visible side."""
        return abs(x * WRAP + self.yaw) < 1.35

    def across(self, x: Plane, width: Plane) -> Plane:
        """Return the face coordinate x of pixels at x (units) where the surface is `width` units wide."""
        angle = np.arcsin(np.clip(x / np.maximum(width, 1e-3), -1, 1)) - self.yaw
        return np.asarray(angle / WRAP, np.float32)

    def brightness(self, x: Plane, y: Plane, width: Plane) -> Plane:
        """Return how bright the light makes the surface at pixels x, y (units), about 0.6 to 1.1."""
        normal_x = np.clip(x / np.maximum(width, 1e-3), -1, 1)
        normal_y = np.clip(y / (self.height * 1.15), -1, 1)
        facing = np.sqrt(np.clip(1 - 0.8 * normal_x**2 - 0.5 * normal_y**2, 0, 1))
        lit = 0.62 + 0.4 * facing + 0.14 * (normal_x * self.light[0] + normal_y * self.light[1])
        return np.asarray(lit, np.float32)


def edge(distance: Plane, unit: float) -> Plane:
    """Return a soft alpha from the signed distance (units) to an outline, positive inside."""
    return np.asarray(np.clip(distance * unit / 1.5 + 0.5, 0, 1), np.float32)


def draw_skin(patch: Patch, head: Head, rng: np.random.Generator) -> None:
    """Draw ears and the skin of the face with light, shadow and a little blush."""
    for side in (-1, 1):
        if abs(head.yaw) < 0.25 or side * head.yaw < 0:
            middle = (side * (0.98 - 0.1 * abs(head.yaw)), (0.1 + head.nod) * head.height)
            patch.ellipse(middle, (0.17, 0.3), shade(head.skin, 0.86))
            patch.ellipse(middle, (0.09, 0.2), shade(head.skin, 0.7))
    x, y = patch.grid()
    width = head.half_width(y)
    colours = np.array(head.skin, np.float32) * head.brightness(x, y, width)[..., None]
    face_x, face_y = head.across(x, width), y / head.height - head.nod
    cheeks = np.exp(-(((np.abs(face_x) - 0.42) / 0.2) ** 2) - ((face_y - 0.36) / 0.17) ** 2)
    blush = np.array(mix(head.skin, (205, 80, 80), 0.6), np.float32)
    strength = (rng.uniform(0.0, 0.35) * cheeks)[..., None]
    sockets = np.exp(-(((np.abs(face_x) - 0.34) / 0.2) ** 2) - ((face_y + 0.1) / 0.11) ** 2)
    colours = (colours * (1 - strength) + blush * strength) * (1 - 0.14 * sockets[..., None])
    patch.paint(edge(width - np.abs(x), patch.unit), colours)


def draw_beard(patch: Patch, head: Head, colour: Colour, rng: np.random.Generator) -> None:
    """Draw a beard or stubble over the lower face."""
    x, y = patch.grid()
    width = head.half_width(y, 1.01, 1.03)
    face_x, face_y = np.abs(head.across(x, width)), y / head.height - head.nod
    line = 0.42 + 0.3 * np.exp(-((face_x / 0.3) ** 2)) - 0.55 * smooth_step(face_x, 0.55, 0.95)
    around_mouth = smooth_step(((face_x / 0.26) ** 2 + ((face_y - 0.6) / 0.085) ** 2) ** 0.5, 0.9, 1.2)
    moustache = np.exp(-((face_x / 0.26) ** 4) - ((face_y - 0.485) / 0.05) ** 4)
    hairy = np.maximum(smooth_step(face_y - line, -0.02, 0.06) * around_mouth, moustache)
    strength = rng.uniform(0.3, 0.95)
    patch.paint(hairy * strength * edge(width - np.abs(x), patch.unit), np.array(shade(colour, 0.95)))
