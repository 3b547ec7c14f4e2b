"""Colours of classes that are distinguishable with colour blindness."""

Colour = tuple[int, int, int]

PALETTE: tuple[Colour, ...] = (
    (0, 158, 115),
    (230, 60, 50),
    (255, 176, 0),
    (0, 114, 178),
    (204, 121, 167),
    (86, 200, 233),
    (148, 88, 220),
    (240, 228, 66),
    (120, 94, 60),
    (170, 220, 110),
)
"""The colours of class ids 1, 2 …, based on Okabe and Ito; further ids repeat them."""

DARK: Colour = (0, 0, 0)
LIGHT: Colour = (255, 255, 255)


def colour_of(class_id: int) -> Colour:
    """Return the colour of a 1-based class id."""
    return PALETTE[(class_id - 1) % len(PALETTE)]


def text_colour_on(background: Colour) -> Colour:
    """Return `DARK` or `LIGHT`, whichever has the higher WCAG 2 contrast with the background."""
    luminance = relative_luminance(background)
    on_light = (relative_luminance(LIGHT) + 0.05) / (luminance + 0.05)
    on_dark = (luminance + 0.05) / (relative_luminance(DARK) + 0.05)
    return LIGHT if on_light >= on_dark else DARK


def relative_luminance(colour: Colour) -> float:
    """Return the luminance 0..1 of an sRGB colour, as in WCAG 2."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (c / 255 for c in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
