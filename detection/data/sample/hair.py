"""Hair, hats and head scarves."""

import numpy as np

from sweepbox.detection.data.sample.canvas import Colour, Patch, Plane, any_colour, chance, jitter, pick, shade
from sweepbox.detection.data.sample.head import Head, edge

HAIRS: tuple[Colour, ...] = (
    (28, 22, 20), (44, 30, 22), (74, 48, 30), (110, 72, 42), (160, 112, 62), (208, 170, 108), (150, 66, 34),
    (150, 146, 142), (214, 210, 204),
)  # fmt: skip
STYLES = ("short", "short", "short", "parted", "parted", "long", "long", "bob", "afro", "bun", "bald")
HATS = ("none", "none", "none", "none", "none", "beanie", "cap", "scarf", "helmet")


class Hairdo:
    """The hair of one head, drawn in two parts: behind the face, then over the forehead."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.colour = jitter(rng, pick(rng, HAIRS), 8)
        self.style = pick(rng, STYLES)
        self.hat = pick(rng, HATS)
        self.hat_colour = any_colour(rng)
        self._line = rng.uniform(-0.62, -0.46)
        self._parting = rng.uniform(-0.6, 0.6)
        self._phase = rng.uniform(0, 6)
        self._strands = rng.uniform(9, 16)
        self._bright_hat = chance(rng, 0.5)

    def draw_back(self, patch: Patch, head: Head) -> None:
        """Draw what falls behind the face."""
        tall, dark = head.height, shade(self.colour, 0.75)
        if self.hat == "scarf":
            patch.ellipse((0, 0.1), (1.28, tall * 1.22), shade(self.hat_colour, 0.8))
            patch.polygon([(-1.1, 0.6), (1.1, 0.6), (1.5, 2.3), (-1.5, 2.3)], shade(self.hat_colour, 0.85))
        elif self.style == "afro":
            patch.ellipse((0, -0.35), (1.5, 1.4), dark)
        elif self.style in ("long", "bob"):
            bottom = 2.05 if self.style == "long" else 1.15
            patch.ellipse((0, -0.1), (1.2, tall * 1.08), dark)
            patch.polygon([(-1.2, -0.1), (1.2, -0.1), (1.28, bottom), (-1.28, bottom)], dark)
            patch.ellipse((0, bottom), (1.28, 0.22), dark)
        elif self.style == "bun" and self.hat == "none":
            patch.ellipse((0, -tall * 1.12), (0.48, 0.42), dark)

    def draw_front(self, patch: Patch, head: Head) -> None:
        """Draw what covers crown and forehead, and the hat."""
        x, y = patch.grid()
        width = head.half_width(y, 1.1 if self.style != "afro" else 1.16)
        inside = edge(width - np.abs(x), patch.unit)
        face_x, face_y = head.across(x, width), y / head.height - head.nod
        if self.style != "bald":
            over = edge((self._hairline(face_x) - face_y) * head.height, patch.unit)
            strands = 1 + 0.13 * np.sin(face_x * self._strands * 3 + 2 * np.sin(face_y * 5 + self._phase))
            light = (head.brightness(x, y, width) * strands)[..., None]
            patch.paint(inside * over, np.array(self.colour, np.float32) * light)
        if self.hat != "none":
            self._draw_hat(patch, head, x, y)

    def _hairline(self, face_x: Plane) -> Plane:
        """Return the face's y down to which hair reaches, over x."""
        temples = np.where(np.abs(face_x) > 0.82, 0.62, 0.0)
        if self.style == "parted":
            fringe = 0.34 * np.clip(np.abs(face_x - self._parting), 0, 0.8)
        else:
            fringe = 0.2 * np.abs(face_x) ** 2 + 0.03 * np.sin(face_x * self._strands + self._phase)
        return np.asarray(self._line + fringe + temples, np.float32)

    def _draw_hat(self, patch: Patch, head: Head, x: Plane, y: Plane) -> None:
        """Draw the hat or scarf over the crown."""
        grow = {"beanie": 1.17, "cap": 1.14, "scarf": 1.2, "helmet": 1.26}[self.hat]
        width = head.half_width(y, grow)
        face_x, face_y = head.across(x, width), y / head.height - head.nod
        colour = (246, 204, 40) if self.hat == "helmet" and self._bright_hat else self.hat_colour
        texture = 1 + (
            0.1 * np.sin(face_x * 55) if self.hat == "beanie" else 0.05 * np.sin(face_y * 30 + face_x * 9)
        )
        light = (head.brightness(x, y, width) * texture)[..., None]
        rim = -0.42 + 0.06 * face_x**2
        covered = rim - face_y
        if self.hat == "scarf":
            opening = np.hypot(face_x / 0.8, (face_y - 0.3) / 0.84) - 1
            covered = np.maximum(covered, opening * 0.6)
        inside = edge(width - np.abs(x), patch.unit) * edge(covered * head.height, patch.unit)
        patch.paint(inside, np.array(colour, np.float32) * light)
        if self.hat in ("cap", "helmet"):
            self._draw_visor(patch, head, colour)
        elif self.hat == "beanie":
            band = edge((0.09 - np.abs(face_y + 0.46)) * head.height, patch.unit)
            patch.paint(band * edge(width * 1.02 - np.abs(x), patch.unit), np.array(shade(colour, 0.75)))

    @staticmethod
    def _draw_visor(patch: Patch, head: Head, colour: Colour) -> None:
        """Draw the peak, turned with the face."""
        x, y = head.place(0, -0.43)
        patch.ellipse((x, y), (0.95, 0.15), shade(colour, 0.72))
        patch.ellipse((x, y - 0.05), (0.93, 0.12), shade(colour, 0.9))
