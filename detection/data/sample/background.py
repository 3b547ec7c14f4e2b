"""Backgrounds: rooms, streets, parks, and objects that look a little like faces."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sweepbox.detection.data.sample.canvas import Colour, any_colour, as_rgb, chance, jitter, mix, pick, shade
from sweepbox.detection.data.sample.head import SKINS


def draw_background(rng: np.random.Generator, side: int) -> Image.Image:
    """Return a square background of so many pixels, with clutter and distractors."""
    scene = pick(rng, (_room, _street, _park, _lights, _wall))(rng, side)
    for _ in range(int(rng.integers(2, 7))):
        pick(rng, DISTRACTORS)(rng, ImageDraw.Draw(scene), side)
    return scene.filter(ImageFilter.GaussianBlur(side * rng.uniform(0.0, 0.007)))


def _gradient(side: int, top: Colour, bottom: Colour) -> Image.Image:
    """Return a vertical gradient."""
    share = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
    rows = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    return Image.fromarray(np.broadcast_to(rows, (side, side, 3)).astype(np.uint8))


def _grain(rng: np.random.Generator, scene: Image.Image, strength: float) -> Image.Image:
    """Return the scene with soft irregular patches of light."""
    cells = rng.normal(0, strength, (12, 12)).astype(np.float32)
    waves = np.asarray(Image.fromarray(cells).resize(scene.size, Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(np.asarray(scene, np.float32) + waves[..., None], 0, 255).astype(np.uint8))


def _room(rng: np.random.Generator, side: int) -> Image.Image:
    wall = any_colour(rng, (0.05, 0.4))
    scene = _gradient(side, shade(wall, 1.1), shade(wall, 0.8))
    draw = ImageDraw.Draw(scene)
    floor = side * rng.uniform(0.65, 0.85)
    draw.rectangle((0, floor, side, side), fill=as_rgb(shade(any_colour(rng, (0.1, 0.5)), 0.6)))
    draw.rectangle((0, floor, side, floor + side * 0.015), fill=as_rgb(shade(wall, 1.2)))
    for _ in range(int(rng.integers(1, 4))):
        x, y, w, h = rng.uniform(0, 0.8), rng.uniform(0, 0.5), rng.uniform(0.1, 0.35), rng.uniform(0.1, 0.3)
        frame = (x * side, y * side, (x + w) * side, (y + h) * side)
        draw.rectangle(frame, fill=as_rgb(any_colour(rng)), outline=as_rgb(shade(wall, 0.5)), width=side // 80)
        for line in np.arange(0.15, 0.9, 0.2).tolist():
            height = (y + h * line) * side
            draw.line(((x + 0.02) * side, height, (x + w * rng.uniform(0.5, 0.9)) * side, height),
                      fill=as_rgb(any_colour(rng)), width=max(1, side // 120))  # fmt: skip
    return _grain(rng, scene, 8)


def _street(rng: np.random.Generator, side: int) -> Image.Image:
    scene = _gradient(side, jitter(rng, (150, 190, 230), 40), jitter(rng, (225, 225, 215), 25))
    draw, x = ImageDraw.Draw(scene), 0.0
    while x < side:
        width, top = side * rng.uniform(0.12, 0.3), side * rng.uniform(0.0, 0.45)
        colour, window = any_colour(rng, (0.05, 0.45)), any_colour(rng, (0.1, 0.5))
        draw.rectangle((x, top, x + width, side), fill=as_rgb(colour))
        step = side * rng.uniform(0.045, 0.07)
        for column in np.arange(x + step * 0.4, x + width - step * 0.6, step).tolist():
            for row in np.arange(top + step * 0.5, side * 0.8, step * 1.3).tolist():
                pane = shade(window, rng.uniform(0.5, 1.2))
                draw.rectangle((column, row, column + step * 0.55, row + step * 0.8), fill=as_rgb(pane))
        x += width
    draw.rectangle((0, side * 0.82, side, side), fill=as_rgb(jitter(rng, (105, 105, 110), 20)))
    return _grain(rng, scene, 6)


def _park(rng: np.random.Generator, side: int) -> Image.Image:
    scene = _gradient(side, jitter(rng, (160, 205, 240), 25), jitter(rng, (215, 230, 225), 20))
    draw = ImageDraw.Draw(scene)
    draw.rectangle((0, side * 0.55, side, side), fill=as_rgb(jitter(rng, (95, 150, 70), 25)))
    for _ in range(int(rng.integers(4, 9))):
        x, ground, tall = rng.uniform(0, side), side * rng.uniform(0.5, 0.75), side * rng.uniform(0.25, 0.6)
        draw.rectangle((x - side * 0.012, ground - tall, x + side * 0.012, ground), fill=(96, 68, 44))
        for _ in range(9):
            dx, dy, radius = (
                rng.normal(0, tall * 0.16),
                rng.normal(0, tall * 0.14),
                tall * rng.uniform(0.1, 0.2),
            )
            leaf = as_rgb(jitter(rng, (70, 125, 55), 30))
            centre = (x + dx, ground - tall + dy)
            draw.ellipse(
                (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius), fill=leaf
            )
    return _grain(rng, scene, 7)


def _lights(rng: np.random.Generator, side: int) -> Image.Image:
    dark = shade(any_colour(rng, (0.3, 0.8)), 0.4)
    scene = _gradient(side, dark, shade(dark, 0.5))
    for _ in range(int(rng.integers(15, 35))):
        radius, colour = side * rng.uniform(0.01, 0.06), any_colour(rng, (0.2, 0.8))
        x, y = rng.uniform(0, side, 2)
        spot = Image.new("L", scene.size)
        ImageDraw.Draw(spot).ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=int(rng.uniform(60, 170))
        )
        scene.paste(as_rgb(colour), (0, 0), spot)
    return scene.filter(ImageFilter.GaussianBlur(side / 160))


def _wall(rng: np.random.Generator, side: int) -> Image.Image:
    base = any_colour(rng, (0.05, 0.6))
    joint = as_rgb(shade(base, rng.uniform(0.55, 0.85)))
    scene = Image.new("RGB", (side, side), joint)
    draw, height = ImageDraw.Draw(scene), side * rng.uniform(0.03, 0.09)
    width, gap = height * rng.uniform(1.0, 3.0), max(1.0, side / 250)
    for row in range(int(side / height) + 1):
        shift = width * 0.5 * (row % 2)
        for column in range(-1, int(side / width) + 1):
            x, y = column * width + shift, row * height
            tile = as_rgb(shade(base, rng.uniform(0.88, 1.1)))
            draw.rectangle((x + gap, y + gap, x + width - gap, y + height - gap), fill=tile)
    return _grain(rng, scene, 10)


def _balloon(rng: np.random.Generator, draw: ImageDraw.ImageDraw, side: int) -> None:
    colour = pick(rng, SKINS) if chance(rng, 0.35) else any_colour(rng)
    x, y, r = rng.uniform(0, side), rng.uniform(0, side * 0.7), side * rng.uniform(0.04, 0.1)
    draw.line((x, y + r, x + rng.uniform(-r, r), y + r * 4), fill=(90, 90, 90), width=max(1, side // 300))
    draw.ellipse((x - r, y - r * 1.2, x + r, y + r * 1.2), fill=as_rgb(colour))
    draw.ellipse(
        (x - r * 0.6, y - r * 0.8, x - r * 0.2, y - r * 0.3), fill=as_rgb(mix(colour, (255, 255, 255), 0.6))
    )


def _clock(rng: np.random.Generator, draw: ImageDraw.ImageDraw, side: int) -> None:
    x, y, r = rng.uniform(0, side), rng.uniform(0, side * 0.6), side * rng.uniform(0.04, 0.09)
    rim = as_rgb(any_colour(rng))
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(245, 243, 235), outline=rim, width=max(2, side // 100))
    for length, angle in ((0.75, rng.uniform(0, 6.3)), (0.5, rng.uniform(0, 6.3))):
        end = (x + r * length * np.cos(angle), y + r * length * np.sin(angle))
        draw.line((x, y, *end), fill=(30, 30, 30), width=max(1, side // 150))


def _ball(rng: np.random.Generator, draw: ImageDraw.ImageDraw, side: int) -> None:
    colour, second = any_colour(rng), any_colour(rng)
    x, y, r = rng.uniform(0, side), rng.uniform(side * 0.3, side), side * rng.uniform(0.03, 0.09)
    bounds = (x - r, y - r, x + r, y + r)
    draw.ellipse(bounds, fill=as_rgb(colour))
    start = rng.uniform(0, 360)
    for turn in (0, 120, 240):
        draw.pieslice(bounds, start + turn, start + turn + 55, fill=as_rgb(second))


def _sunflower(rng: np.random.Generator, draw: ImageDraw.ImageDraw, side: int) -> None:
    x, y, r = rng.uniform(0, side), rng.uniform(side * 0.4, side), side * rng.uniform(0.02, 0.05)
    petal = as_rgb(pick(rng, [(250, 200, 40), (240, 120, 150), (250, 250, 245), (150, 100, 220)]))
    draw.line((x, y, x, y + r * 6), fill=(70, 130, 60), width=max(1, side // 150))
    for angle in np.arange(0, 6.28, 0.7):
        cx, cy = x + r * 1.2 * np.cos(angle), y + r * 1.2 * np.sin(angle)
        draw.ellipse((cx - r * 0.6, cy - r * 0.6, cx + r * 0.6, cy + r * 0.6), fill=petal)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(110, 70, 35))


def _box(rng: np.random.Generator, draw: ImageDraw.ImageDraw, side: int) -> None:
    x, y = rng.uniform(0, side, 2)
    w, h = side * rng.uniform(0.05, 0.2, 2)
    colour = any_colour(rng)
    draw.rectangle((x, y, x + w, y + h), fill=as_rgb(colour))
    draw.rectangle((x, y + h * 0.35, x + w, y + h * 0.6), fill=as_rgb(any_colour(rng)))
    draw.polygon([(x + w, y), (x + w * 1.2, y - h * 0.15), (x + w * 1.2, y + h * 0.85), (x + w, y + h)],
                 fill=as_rgb(shade(colour, 0.7)))  # fmt: skip


DISTRACTORS = (_balloon, _clock, _ball, _sunflower, _box)
