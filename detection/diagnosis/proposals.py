"""Anchors, levels and image sizes that would meet more boxes, from a search of the real anchor generator."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.extractors import EXTRACTORS
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.coverage import TINY, Coverage

MOST_BOXES = 2000
"""More boxes than this are sampled for the search."""
LEAST_GAIN = 0.01
"""The least additional share of the boxes that is worth a proposal."""
NEAR_BEST = 0.005
"""Of all candidates within this share of the best, the one with the fewest anchors is proposed."""

ANCHOR_SCALES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
SCALES_PER_OCTAVE = (1, 2, 3)
LOWEST_LEVELS = (2, 3, 4)
USUAL_RATIOS = ((1.0,), (1.0, 2.0, 0.5), (1.0, 2.0, 0.5, 3.0, 0.3333))
LEAST_SCALES = (0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2)
"""Scales of the lowest map of the classic anchors, relative to the shorter side."""
SIZE_FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0)
SIZE_STEP = 64
"""Sides of proposed images are multiples of this: each level of a pyramid is half of the one below."""

CLASSIC = "model.ssd.anchor_generator.ssd_anchor_generator"
Edits = tuple[Edit, ...]


@dataclass(frozen=True)
class Proposal:
    """A change of a config.

    Attributes:
        what: The settings that it changes, in words.
        edits: The change, as `--set` takes it.
        share: The share of the boxes that an anchor would meet.
        tiny: The share of the boxes that would be below 16 pixels.
        anchors: The number of anchors.
        pixels: The pixels of the input, in proportion to those of the config.
    """

    what: str
    edits: Edits
    share: float
    tiny: float
    anchors: int
    pixels: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return the proposal as a JSON object."""
        return {
            "what": self.what,
            "set": {edit.path: edit.value for edit in self.edits},
            "share": self.share,
            "under_16_pixels": self.tiny,
            "anchors": self.anchors,
            "pixels": self.pixels,
        }


def propose(config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes) -> tuple[Proposal, ...]:
    """Return changes of a supported config under which anchors meet more boxes, each with what it reaches.

    Each setting is tried alone; then the sizes of the anchors together, and with them their ratios; then the
    anchors with other levels, and with other image sizes. Where no change of some settings gains 1 % of the
    boxes over the config, or over a smaller change, there is no proposal.
    """
    chosen = _Search(config, boxes.sample(MOST_BOXES)).proposals()
    if len(boxes) <= MOST_BOXES:
        return tuple(chosen)
    whole = _Search(config, boxes)
    made = ((proposal, whole.reached(proposal.edits)) for proposal in chosen)
    return tuple(replace(reached, what=proposal.what) for proposal, reached in made if reached)


@dataclass(frozen=True, eq=False)
class _Search:
    """The candidates of one config, each tried once."""

    config: pb.TrainEvalPipelineConfig
    boxes: AnnotatedBoxes
    tried: dict[Edits, Proposal | None] = field(default_factory=dict)

    def proposals(self) -> Iterator[Proposal]:
        """Yield the proposals, the smallest change first."""
        settings, ratios = self._sizes_of_anchors(), self._ratios()
        levels, sizes = self._levels(), self._image_sizes()
        least = self.base.share + LEAST_GAIN
        single = {**settings, "aspect ratios": ratios, "levels": levels, "image size": sizes}
        for what, candidates in single.items():
            yield from self._best(what, candidates, least)
        anchors = self._anchors(settings, ratios, least)
        yield from (made for made in anchors if len(made.edits) > len(next(iter(settings.values()))[0]))
        start = anchors[0].edits if anchors else ()
        more = anchors[0].share + LEAST_GAIN if anchors else least
        scales = [(), *next(iter(settings.values()))]
        yield from self._best("anchors and levels", _product([scales, levels]), more)
        if start:
            yield from self._best("anchors and image size", _product([[start], sizes]), more)

    def _anchors(
        self, settings: Mapping[str, Sequence[Edits]], ratios: Sequence[Edits], least: float
    ) -> list[Proposal]:
        """Return the proposal for all settings of the anchors: their sizes together, then their ratios too."""
        both = list(_product([[(), *candidates] for candidates in settings.values()]))
        found = list(self._best("anchors", both, least))
        start = found[0].edits if found else ()
        more = found[0].share + LEAST_GAIN if found else least
        return list(self._best("anchors", _product([[start], ratios]), more)) or found

    @cached_property
    def base(self) -> Proposal:
        """The config as it is."""
        base = self.reached(())
        if base is None:
            raise ConfigError("\n".join(self._problems))
        return base

    def _best(self, what: str, candidates: Iterable[Edits], least: float) -> Iterator[Proposal]:
        """Yield the cheapest of the candidates that are near the best, if it reaches the least share."""
        tried = (self.reached(edits) for edits in candidates)
        found = [made for made in tried if made is not None and made.share >= least]
        while found:
            good = max(made.share for made in found) - NEAR_BEST
            near = [made for made in found if made.share >= good]
            chosen = min(near, key=lambda made: (made.pixels, made.anchors, len(made.edits), -made.share))
            if set(problems_of(apply_edits(self.config, chosen.edits))) <= set(self._problems):
                yield replace(chosen, what=what)
                return
            found.remove(chosen)

    def reached(self, edits: Edits) -> Proposal | None:
        """Return what a candidate reaches; None if it has no anchors."""
        if edits not in self.tried:
            self.tried[edits] = self._tried(edits)
        return self.tried[edits]

    def _tried(self, edits: Edits) -> Proposal | None:
        try:
            config = apply_edits(self.config, edits)
            coverage = Coverage.of(config.model.ssd, self.boxes)
        except ConfigError:
            return None
        (height, width), size = (
            resizer_settings(item.model.ssd.image_resizer).output_size for item in (self.config, config)
        )
        return Proposal(
            "",
            edits,
            coverage.met().share,
            coverage.below(TINY),
            coverage.anchors.count,
            size[0] * size[1] / (height * width),
        )

    @cached_property
    def _problems(self) -> list[str]:
        return problems_of(self.config)

    def _sizes_of_anchors(self) -> dict[str, list[Edits]]:
        """Return the candidates of each setting of the anchors' sizes."""
        generator = self.config.model.ssd.anchor_generator
        if generator.HasField("ssd_anchor_generator"):
            return {"anchor scales": list(_classic_scales(generator.ssd_anchor_generator))}
        return {
            "anchor scale": _values("anchor_scale", ANCHOR_SCALES),
            "scales per octave": _values("scales_per_octave", SCALES_PER_OCTAVE),
        }

    def _ratios(self) -> list[Edits]:
        """Return the candidates of aspect ratios: usual ones, and quantiles of those of the boxes."""
        ratios = Coverage.of(self.config.model.ssd, self.boxes).resized.ratios
        lists: list[Sequence[float]] = [*USUAL_RATIOS]
        for shares in ((0.5,), (0.5, 0.2, 0.8), (0.5, 0.1, 0.3, 0.7, 0.9)):
            lists.append([round(float(value), 2) for value in np.quantile(ratios, shares)])
        return _values("aspect_ratios", [str(list(dict.fromkeys(values))) for values in lists])

    def _levels(self) -> list[Edits]:
        """Return the candidates of the lowest level of a pyramid; none without one."""
        extractor = self.config.model.ssd.feature_extractor
        levels = LOWEST_LEVELS if EXTRACTORS[extractor.type].pyramid else ()
        return _values("min_level", [level for level in levels if level != extractor.fpn.min_level])

    def _image_sizes(self) -> list[Edits]:
        """Return the edits that scale the sides of the image."""
        resizer = self.config.model.ssd.image_resizer
        kind = str(resizer.WhichOneof("image_resizer_oneof"))
        names = ("height", "width") if kind == "fixed_shape_resizer" else ("min_dimension", "max_dimension")
        sides = [getattr(getattr(resizer, kind), name) for name in names]
        found: list[Edits] = []
        for factor in SIZE_FACTORS:
            size = [max(round(side * factor / SIZE_STEP), 1) * SIZE_STEP for side in sides]
            if len({*sides}) == 1:
                found.append((Edit("image_size", size[0]),))
            else:
                paths = (f"model.ssd.image_resizer.{kind}.{name}" for name in names)
                found.append(tuple(map(Edit, paths, size)))
        return found


def _classic_scales(message: pb.SsdAnchorGenerator) -> Iterator[Edits]:
    """Yield settings of the scales of all maps, evenly and geometrically spaced.

    A reduced lowest map has scales of its own, so it is switched off.
    """
    lowest = Edit(f"{CLASSIC}.reduce_boxes_in_lowest_layer", value=False)
    whole = (lowest,) if message.reduce_boxes_in_lowest_layer else ()
    count = len(message.scales) or message.num_layers
    largest = max(message.scales) if message.scales else message.max_scale
    for scale in LEAST_SCALES:
        if not message.scales:
            yield (Edit(f"{CLASSIC}.min_scale", scale), *whole)
        scales = [round(float(value), 3) for value in np.geomspace(scale, largest, count)]
        yield (Edit(f"{CLASSIC}.scales", str(scales)), *whole)


def _values(path: str, values: Iterable[float | str]) -> list[Edits]:
    """Return an edit for each value."""
    return [(Edit(path, value),) for value in values]


def _product(groups: Iterable[Sequence[Edits]]) -> Iterator[Edits]:
    """Yield the joined edits of each combination of the groups."""
    return (tuple(itertools.chain(*parts)) for parts in itertools.product(*groups))
