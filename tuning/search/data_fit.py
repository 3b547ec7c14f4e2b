"""Choices of a space under which anchors cannot match the data, found before any training."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.extractors import feature_levels
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.tuning.objective.goal import COSTS
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.distributions import ends
from sweepbox.tuning.search.programs import PickedValues
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Distribution, Scalar, SweepSpec

IOU = 0.5
"""At this IoU an anchor meets a box."""
LEAST_OF_BEST = 0.5
"""A choice that meets less than this part of what the best one meets, in every class, is left out."""
MOST_COMBINATIONS = 500
"""Spaces with more combinations of the settings that anchors depend on are left as they are."""
VALUES_OF_RANGE = 5
"""How many values of a range are tried."""
MOST_BOXES = 2000

Shares = NDArray[np.float64]
"""The share of the boxes that an anchor meets, `[classes + 1]`: of each class, and last of all boxes."""


@dataclass(frozen=True)
class UnfitChoice:
    """A choice that is left out.

    Attributes:
        parameter: Its key in the sweep file's `space`.
        value: The value.
        share: The share of the boxes that an anchor meets with it, under the best of the other settings.
        best: The same under the best choice.
    """

    parameter: str
    value: Scalar
    share: float
    best: float

    def __str__(self) -> str:
        """Return one line with the reason."""
        return (
            f"space.{self.parameter}: {self.value} is left out: anchors meet at most {self.share:.0%} of the "
            f"boxes with it, and {self.best:.0%} with the best choice"
        )


def unfit_choices(
    base: pb.TrainEvalPipelineConfig, spec: SweepSpec, read_boxes: Callable[[], AnnotatedBoxes]
) -> tuple[UnfitChoice, ...]:
    """Return the choices of a sweep's space that cannot match the data.

    Each value of a `choice` that anchors or image size depend on is tried with every combination of the other
    settings they depend on (of a range with five values). It is unfit if, for each class, all of these
    meet less than half of the boxes that the best combination of the space meets. So at least one choice
    remains. Nothing is unfit where small detectors may be wanted (the objective names a cost), where `require`
    or `when` names the setting, or where no parameter would be left to search.

    Args:
        base: The config that all trials start from.
        spec: The sweep.
        read_boxes: Returns the boxes of the data; called only if the space has such choices.
    """
    space = Space.of(spec)
    names = _anchor_settings(base, space)
    open_names = [name for name in names if _may_drop(spec, name)]
    if not open_names or Objective.of(spec.objective).metric_names & {*COSTS}:
        return ()
    options = {name: _options(space.fields[name]) for name in _with_parents(names, space)}
    if math.prod(map(len, options.values())) > MOST_COMBINATIONS:
        return ()
    reached = list(_reached(base, space, options, read_boxes().sample(MOST_BOXES)))
    unfit = tuple(_unfit(open_names, space, reached))
    return unfit if Space.of(without_choices(spec, unfit)).parameters() else ()


def without_choices(spec: SweepSpec, unfit: Sequence[UnfitChoice]) -> SweepSpec:
    """Return a sweep without these choices; those that it does not have are ignored."""
    space = dict(spec.space)
    for name in {item.parameter for item in unfit} & space.keys():
        dropped = [item.value for item in unfit if item.parameter == name]
        kept = [value for value in space[name].choice or () if value not in dropped]
        if kept:
            space[name] = space[name].model_copy(update={"choice": kept})
    return spec.model_copy(update={"space": space})


def _may_drop(spec: SweepSpec, name: str) -> bool:
    """Return whether values of a parameter may be left out: it is a choice that nothing else refers to."""
    others = [entry for key, entry in spec.space.items() if key != name]
    named = any(name in entry.parents for entry in others) or any(name in text for text in spec.require)
    return len(spec.space[name].choice or ()) > 1 and not named


def _anchor_settings(base: pb.TrainEvalPipelineConfig, space: Space) -> list[str]:
    """Return the fields of a space on which the anchors or the image size depend."""
    found = []
    for name, entry in space.fields.items():
        picked = [{**_conditions(entry, space), name: value} for value in _options(entry)]
        keys = {_anchor_key(config) for one in picked if (config := _config(base, space, one)[1]) is not None}
        if len(keys) > 1:
            found.append(name)
    return found


def _conditions(entry: Distribution, space: Space) -> dict[str, Scalar]:
    """Return values of other parameters with which a parameter exists."""
    picked: dict[str, Scalar] = {}
    for key, accepted in entry.conditions.items():
        picked[key] = accepted[0]
        if key in space.fields:
            picked |= _conditions(space.fields[key], space)
    return picked


def _with_parents(names: Sequence[str], space: Space) -> list[str]:
    """Return parameters with all that they depend on, in the order of the space."""
    wanted, new = {*names}, {*names}
    while new:
        parents = {parent for name in new for parent in space.fields[name].parents}
        new = (parents & space.fields.keys()) - wanted
        wanted |= new
    return [name for name in space.fields if name in wanted]


def _options(entry: Distribution) -> list[Scalar]:
    """Return the values of a choice, or some of a range, its ends among them."""
    if entry.choice is not None:
        return list(entry.choice)
    low, high = (float(end) for end in ends(entry))
    is_log = entry.log_uniform is not None or entry.log_integer is not None
    values = (np.geomspace if is_log else np.linspace)(low, high, VALUES_OF_RANGE).tolist()
    if entry.integer is not None or entry.log_integer is not None:
        return list(dict.fromkeys(round(value) for value in values))
    return [float(value) for value in values]


def _config(
    base: pb.TrainEvalPipelineConfig, space: Space, picked: Mapping[str, Scalar]
) -> tuple[tuple[Edit, ...], pb.TrainEvalPipelineConfig | None]:
    """Return the edits that picked values mean, and the config with them; None where they contradict."""
    edits = tuple(edit for edit in space.suggest(PickedValues(dict(picked))) if edit.path in picked)
    try:
        return edits, apply_edits(base, edits)
    except ConfigError:
        return edits, None


def _anchor_key(config: pb.TrainEvalPipelineConfig) -> tuple[object, ...]:
    """Return what the anchors and the boxes of a config depend on."""
    ssd = config.model.ssd
    extractor = ssd.feature_extractor
    return (
        ssd.image_resizer.SerializeToString(deterministic=True),
        ssd.anchor_generator.SerializeToString(deterministic=True),
        feature_levels(extractor),
        extractor.pad_to_multiple,
    )


def _reached(
    base: pb.TrainEvalPipelineConfig,
    space: Space,
    options: Mapping[str, Sequence[Scalar]],
    boxes: AnnotatedBoxes,
) -> Iterator[tuple[tuple[Edit, ...], Shares]]:
    """Yield the edits of each combination of options, and the shares of the boxes that are met."""
    known: dict[tuple[object, ...], Shares | None] = {}
    for values in itertools.product(*options.values()):
        edits, config = _config(base, space, dict(zip(options, values, strict=True)))
        if config is None:
            continue
        key = _anchor_key(config)
        if key not in known:
            known[key] = _shares(config, boxes)
        shares = known[key]
        if shares is not None:
            yield edits, shares


def _shares(config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes) -> Shares | None:
    """Return the shares of the boxes that are met; None where training refuses the config."""
    if problems_of(config):
        return None
    met = Coverage.of(config.model.ssd, boxes).ious >= IOU
    counts = np.maximum(np.bincount(boxes.classes, minlength=len(boxes.names)), 1)
    return np.append(np.bincount(boxes.classes, met, minlength=len(boxes.names)) / counts, met.mean())


def _unfit(
    names: Sequence[str], space: Space, reached: Sequence[tuple[tuple[Edit, ...], Shares]]
) -> Iterator[UnfitChoice]:
    """Yield the unfit choices; one that no combination has tried is not."""
    if not reached:
        return
    best = np.max([shares for _, shares in reached], axis=0)
    for name in names:
        for value in space.fields[name].choice or ():
            tried = [shares for edits, shares in reached if Edit(name, value) in edits]
            if not tried:
                continue
            most = np.max(tried, axis=0)
            if (most[:-1] < LEAST_OF_BEST * best[:-1])[best[:-1] > 0].all() and best[:-1].any():
                yield UnfitChoice(name, value, float(most[-1]), float(best[-1]))
