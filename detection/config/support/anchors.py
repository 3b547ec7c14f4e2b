"""Checks of the anchor generators."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.parts import ANCHOR_GENERATOR, for_ssd, within
from sweepbox.detection.config.support.rules import Check, Only, Range

MULTISCALE = f"{ANCHOR_GENERATOR}.multiscale_anchor_generator"
CLASSIC = f"{ANCHOR_GENERATOR}.ssd_anchor_generator"


def check_aspect_ratios(ssd: pb.Ssd) -> Iterator[str]:
    """Check that there are aspect ratios: without them there are no anchors."""
    generator = ssd.anchor_generator.WhichOneof("anchor_generator_oneof")
    path, ratios = f"{ANCHOR_GENERATOR}.{generator}", getattr(ssd.anchor_generator, generator).aspect_ratios
    if not ratios:
        yield f"{path}.aspect_ratios: none given, so there are no anchors; give for instance [1.0, 2.0, 0.5]"
    if any(not ratio > 0 for ratio in ratios):
        yield f"{path}.aspect_ratios: {[float(ratio) for ratio in ratios]}; give values above 0"


def check_scales(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the classic anchors have sizes."""
    anchors = ssd.anchor_generator.ssd_anchor_generator
    if any(not scale > 0 for scale in anchors.scales):
        yield f"{CLASSIC}.scales: {[float(scale) for scale in anchors.scales]}; give values above 0"
    if not anchors.scales and anchors.min_scale > anchors.max_scale:
        yield (
            f"{CLASSIC}.min_scale = {anchors.min_scale:g} exceeds max_scale = {anchors.max_scale:g}; lower it"
        )


ANCHOR_CHECKS: tuple[Check, ...] = (
    Range(f"{MULTISCALE}.anchor_scale", 0, above=True),
    Range(f"{MULTISCALE}.scales_per_octave", 1, 100),
    Only(f"{MULTISCALE}.normalize_coordinates", (True,)),
    Range(f"{CLASSIC}.min_scale", 0, above=True),
    Range(f"{CLASSIC}.base_anchor_height", 0, above=True),
    Range(f"{CLASSIC}.base_anchor_width", 0, above=True),
    Range(f"{CLASSIC}.interpolated_scale_aspect_ratio", 0),
    within(CLASSIC, for_ssd(check_scales)),
    within(MULTISCALE, for_ssd(check_aspect_ratios)),
    within(CLASSIC, for_ssd(check_aspect_ratios)),
)
"""The checks of `model.ssd.anchor_generator`."""
