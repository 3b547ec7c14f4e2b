"""Checks of the feature extractor: its type, and that its maps, the image size and the anchors fit together."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import (
    COARSEST_BACKBONE_LEVEL,
    EXTRACTORS,
    FINEST_BACKBONE_LEVEL,
    feature_levels,
    top_level,
)
from sweepbox.detection.config.resizers import resizer_problems, resizer_settings
from sweepbox.detection.config.support.parts import ANCHOR_GENERATOR, EXTRACTOR, SSD

COARSEST_LEVEL = 14
"""At this level, the largest image is one cell."""

CLASSIC_MAPS = range(2, 7)
"""The possible numbers of maps of an extractor without a pyramid."""


def check_extractor(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the feature extractor is supported."""
    name, known = ssd.feature_extractor.type, " or ".join(map(repr, EXTRACTORS))
    if not name:
        yield f"{EXTRACTOR}.type: nothing is set; set {known}"
    elif name not in EXTRACTORS:
        note = " (EfficientDet)" if "efficientnet" in name or "bifpn" in name else ""
        yield f"{EXTRACTOR}.type = {name!r}{note} is not supported; use {known}"


def check_size(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the image is large enough, and that each level of the pyramid is twice the next."""
    extractor = ssd.feature_extractor
    if any(resizer_problems(ssd.image_resizer)) or extractor.type not in EXTRACTORS:
        return
    size = height, width = resizer_settings(ssd.image_resizer).output_size
    kind = EXTRACTORS[extractor.type]
    if min(size) < kind.least_side:
        yield (
            f"{SSD}.image_resizer: {height}x{width} is too small; {extractor.type} needs at least "
            f"{kind.least_side} pixels on each side"
        )
    step = 2 ** max(0, top_level(extractor)) if kind.pyramid else 1
    multiple = max(extractor.pad_to_multiple, 1)
    if any(-(-side // multiple) * multiple % step for side in size):
        yield (
            f"{SSD}.image_resizer: {height}x{width} is not a multiple of {step} on each side; change the size "
            f"or set {EXTRACTOR}.pad_to_multiple: {step}"
        )


def check_maps(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the maps exist, that each has anchors, and that the predictor supports them."""
    if ssd.feature_extractor.type not in EXTRACTORS:
        return
    if EXTRACTORS[ssd.feature_extractor.type].pyramid:
        yield from _pyramid_problems(ssd.feature_extractor.fpn)
    else:
        yield from _classic_problems(ssd)
    if ssd.anchor_generator.HasField("multiscale_anchor_generator"):
        yield from _level_problems(ssd)
    elif ssd.anchor_generator.HasField("ssd_anchor_generator"):
        yield from _count_problems(ssd)


def _pyramid_problems(fpn: pb.FeaturePyramidNetworks) -> Iterator[str]:
    lowest, highest = fpn.min_level, fpn.max_level
    if highest > COARSEST_LEVEL:
        yield f"{EXTRACTOR}.fpn.max_level = {highest}: give a value of at most {COARSEST_LEVEL}"
    if not FINEST_BACKBONE_LEVEL <= lowest <= min(highest, COARSEST_BACKBONE_LEVEL):
        yield (
            f"{EXTRACTOR}.fpn: levels {lowest} to {highest} are not supported; start at a min_level from "
            f"{FINEST_BACKBONE_LEVEL} to {COARSEST_BACKBONE_LEVEL} that does not exceed max_level"
        )


def _classic_problems(ssd: pb.Ssd) -> Iterator[str]:
    extractor = ssd.feature_extractor
    if extractor.num_layers not in CLASSIC_MAPS:
        yield (
            f"{EXTRACTOR}.num_layers = {extractor.num_layers}: {extractor.type} has "
            f"{CLASSIC_MAPS[0]} to {CLASSIC_MAPS[-1]} maps; give one of these"
        )
    if ssd.box_predictor.HasField("weight_shared_convolutional_box_predictor"):
        yield (
            f"{SSD}.box_predictor.weight_shared_convolutional_box_predictor is not supported with "
            f"{extractor.type}, whose maps differ in depth; use convolutional_box_predictor"
        )


def _level_problems(ssd: pb.Ssd) -> Iterator[str]:
    """Yield the levels of multiscale anchors that differ from those of the maps."""
    levels, anchors = feature_levels(ssd.feature_extractor), ssd.anchor_generator.multiscale_anchor_generator
    source = "fpn" if EXTRACTORS[ssd.feature_extractor.type].pyramid else "num_layers"
    for name, level in (("min_level", levels.start), ("max_level", levels.stop - 1)):
        if getattr(anchors, name) != level:
            field = f"fpn.{name} = {level}" if source == "fpn" else f"{source}, by which the {name} is {level}"
            yield (
                f"{ANCHOR_GENERATOR}.multiscale_anchor_generator.{name} = {getattr(anchors, name)} contradicts "
                f"{EXTRACTOR}.{field}; make them equal"
            )


def _count_problems(ssd: pb.Ssd) -> Iterator[str]:
    """Yield settings of the classic anchors that do not match the number of maps."""
    anchors, count = ssd.anchor_generator.ssd_anchor_generator, len(feature_levels(ssd.feature_extractor))
    path = f"{ANCHOR_GENERATOR}.ssd_anchor_generator"
    given = len(anchors.scales) or anchors.num_layers
    if given != count:
        what = f"scales: {given} values" if anchors.scales else f"num_layers = {given}"
        yield f"{path}.{what} contradicts the {count} maps of {EXTRACTOR}; make them equal"
    for name in ("height_stride", "width_stride", "height_offset", "width_offset"):
        values = len(getattr(anchors, name))
        if values not in {0, count}:
            yield f"{path}.{name}: {values} values; give one for each of {count} maps, or none"
    shared = ssd.box_predictor.HasField("weight_shared_convolutional_box_predictor")
    reduced = anchors.reduce_boxes_in_lowest_layer
    if shared and reduced and len(anchors.aspect_ratios) + (anchors.interpolated_scale_aspect_ratio > 0) != 3:
        yield (
            f"{path}.reduce_boxes_in_lowest_layer = true contradicts "
            f"{SSD}.box_predictor.weight_shared_convolutional_box_predictor, which needs equally many anchors "
            "in the cells of all maps; set it to false"
        )
