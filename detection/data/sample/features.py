"""Eyes, brows, nose, mouth and glasses."""

from collections.abc import Iterable

import numpy as np

from sweepbox.detection.data.sample.canvas import Colour, Patch, Points, chance, mix, pick, shade
from sweepbox.detection.data.sample.head import Head

IRISES: tuple[Colour, ...] = ((74, 48, 30), (52, 36, 26), (96, 120, 70), (70, 110, 150), (110, 84, 50))
EYE_X, EYE_Y = 0.34, -0.09


def placed(head: Head, points: Iterable[tuple[float, float]]) -> Points:
    """Return the positions of points of the face in the image, in units."""
    return [head.place(x, y) for x, y in points]


def oval(centre: tuple[float, float], radii: tuple[float, float], corners: int = 24) -> Points:
    """Return the corners of an oval in face coordinates."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return [(centre[0] + radii[0] * np.cos(a), centre[1] + radii[1] * np.sin(a)) for a in angles]


def draw_features(patch: Patch, head: Head, hair: Colour, rng: np.random.Generator) -> None:
    """Draw all that a face has on its front."""
    iris, open_share = pick(rng, IRISES), 0.0 if chance(rng, 0.06) else rng.uniform(0.75, 1.15)
    tilt = rng.uniform(-0.04, 0.04)
    thickness = rng.uniform(0.05, 0.1)
    for side in (-1, 1):
        if head.shows(side * EYE_X):
            _draw_eye(patch, head, side, iris, open_share)
            brow = [
                (side * 0.16, EYE_Y - 0.15 + tilt), (side * 0.34, EYE_Y - 0.2), (side * 0.53, EYE_Y - 0.13),
            ]  # fmt: skip
            patch.line(placed(head, brow), mix(shade(hair, 0.8), head.skin, 0.15), thickness)
    _draw_nose(patch, head, rng)
    _draw_mouth(patch, head, rng)


def _draw_eye(patch: Patch, head: Head, side: int, iris: Colour, open_share: float) -> None:
    """Draw one eye; `open_share` 0 is closed."""
    lid = mix(shade(head.skin, 0.45), (30, 20, 20), 0.5)
    curve = [(side * (EYE_X + dx), EYE_Y - 0.055 * open_share * (1 - (dx / 0.17) ** 2)) for dx in
             np.linspace(-0.17, 0.17, 9)]  # fmt: skip
    if open_share > 0:
        patch.polygon(placed(head, oval((side * EYE_X, EYE_Y), (0.15, 0.06 * open_share))), (246, 244, 240))
        centre = head.place(side * EYE_X, EYE_Y)
        radius = 0.085 * min(1.0, open_share)
        patch.ellipse(centre, (radius, radius), iris)
        patch.ellipse(centre, (radius * 0.5, radius * 0.5), (12, 10, 10))
        patch.ellipse((centre[0] + 0.03, centre[1] - 0.03), (0.022, 0.022), (255, 255, 255))
    patch.line(placed(head, curve), lid, 0.05)


def _draw_nose(patch: Patch, head: Head, rng: np.random.Generator) -> None:
    """Draw bridge, tip, wings and nostrils."""
    width, dark = rng.uniform(0.12, 0.18), shade(head.skin, 0.72)
    shadow_side = -1 if head.light[0] > 0 else 1
    bridge = [(shadow_side * 0.06, -0.02), (shadow_side * 0.1, 0.2), (shadow_side * width, 0.34)]
    patch.line(placed(head, bridge), mix(dark, head.skin, 0.35), 0.05)
    patch.polygon(placed(head, oval((0, 0.33), (width, 0.075))), shade(head.skin, 0.93))
    patch.polygon(placed(head, oval((-shadow_side * 0.03, 0.3), (0.07, 0.04))), shade(head.skin, 1.1))
    patch.line(placed(head, [(-width, 0.35), (-0.06, 0.4), (0.06, 0.4), (width, 0.35)]), dark, 0.045)
    for side in (-1, 1):
        patch.polygon(placed(head, oval((side * width * 0.55, 0.37), (0.045, 0.02))), shade(head.skin, 0.38))


def _draw_mouth(patch: Patch, head: Head, rng: np.random.Generator) -> None:
    """Draw a mouth: closed, smiling, laughing or speaking."""
    lips = mix(head.skin, pick(rng, [(176, 62, 72), (190, 80, 80), (150, 50, 60), (196, 40, 60)]), 0.62)
    half, bend = rng.uniform(0.22, 0.32), rng.uniform(-0.01, 0.06)
    line = [(x * half, 0.6 - bend * (x * x - 0.5)) for x in np.linspace(-1, 1, 11)]
    opened = rng.uniform(0.04, 0.1) if chance(rng, 0.4) else 0.0
    lower = [(x, y + (0.05 + opened) * (1 - (x / half) ** 2)) for x, y in line]
    upper = [(x, y - 0.045 * (1 - (x / half) ** 2) ** 0.7) for x, y in line]
    patch.polygon(placed(head, upper + lower[::-1]), lips)
    if opened:
        inner = [(x * 0.85, y + (0.01 + opened) * (1 - (x / half) ** 2)) for x, y in line]
        top = [(x * 0.85, y) for x, y in line]
        patch.polygon(placed(head, top + inner[::-1]), (70, 20, 24))
        teeth = [(x * 0.8, y + 0.4 * opened * (1 - (x / half) ** 2)) for x, y in line]
        patch.polygon(placed(head, top + teeth[::-1]), (248, 246, 240))
    else:
        patch.line(placed(head, line), shade(lips, 0.55), 0.03)


def draw_glasses(patch: Patch, head: Head, rng: np.random.Generator) -> None:
    """Draw spectacles or sunglasses."""
    frame = pick(rng, [(25, 25, 28), (110, 70, 40), (150, 150, 155), (120, 30, 40)])
    dark, square = chance(rng, 0.3), chance(rng, 0.5)
    radii = (0.23, rng.uniform(0.11, 0.15))
    for side in (-1, 1):
        if not head.shows(side * EYE_X):
            continue
        rim = [
            (side * EYE_X + radii[0] * corner_x, EYE_Y + 0.02 + radii[1] * corner_y)
            for corner_x, corner_y in _rim(square=square)
        ]
        if dark:
            patch.polygon(placed(head, rim), (30, 30, 36))
        patch.line(placed(head, rim), frame, 0.05)
        patch.line(placed(head, [(side * (EYE_X + radii[0]), EYE_Y), (side * 0.95, EYE_Y)]), frame, 0.05)
    patch.line(placed(head, [(-0.12, EYE_Y), (0, EYE_Y - 0.03), (0.12, EYE_Y)]), frame, 0.05)


def _rim(*, square: bool) -> Points:
    """Return the corners of a round or nearly square outline that reaches 1 to each side."""
    angles, power = np.linspace(0, 2 * np.pi, 33), 0.5 if square else 1.0
    columns = (np.sign(wave) * np.abs(wave) ** power for wave in (np.cos(angles), np.sin(angles)))
    return [(float(x), float(y)) for x, y in zip(*columns, strict=True)]
