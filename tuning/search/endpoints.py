"""Checks that the ranges of a search space fit the base config."""

import math
from collections.abc import Iterator, Mapping, Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.support import check_supported, problems_of
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.detection.core.printable import SHOWN_PROBLEMS
from sweepbox.tuning.search.conditions import check_conditions
from sweepbox.tuning.search.feasibility import Feasibility, check_feasible
from sweepbox.tuning.search.space import KeyedRange, Space
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluation_plan

STEPS = ("space.num_steps", "space.train_config.num_steps")
"""The keys of the space that change the length of a trial."""

SWITCHES = ("optimizer",)
"""Parameters on whose value it depends which others there are."""


FIXED = {
    "model.ssd.num_classes": "the data decides it",
    "train_input_reader": "all trials train on the same records",
    "eval_input_reader": "all trials are evaluated on the same records",
    "eval_config": "all trials are evaluated alike",
}
"""The fields that no trial may change, and why."""


def check_space(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> None:
    """Check conditions and requirements, and apply ends, choices and inner values of ranges to the base config.

    What is wrong with the base config itself is not reported.

    Raises:
        SweepError: The config refuses values, a field is not tunable, a condition names no parameter, or too
            little of the space meets the requirements; the first are listed, by their keys in the sweep file.
    """
    check_conditions(spec.space, spec.augmentations)
    problems = dict.fromkeys(_untunable(spec))
    problems |= dict.fromkeys(_problems_of_values(base, Space.of(spec)))
    if not problems_of(base):
        try:
            feasibility = Feasibility.of(spec, base)
            if not problems:
                check_feasible(feasibility, Space.of(spec))
        except SweepError as error:
            problems |= dict.fromkeys(str(error).splitlines())
    if problems:
        raise SweepError("\n".join(problems))


def _problems_of_values(base: pb.TrainEvalPipelineConfig, space: Space) -> list[str]:
    """Return what the base config has against values of the space; the first where there are many."""
    ranges = list(space.ranges())
    known = dict(_conditional(base, ranges))
    for item in ranges:
        problem = _real_over_whole_numbers(base, item)
        if problem is not None:
            known[item.key] = problem
    problems = dict.fromkeys(known.values())
    inner = ((item.key, item.edits(value)) for item in ranges for value in item.inner_values)
    for key, edits in (*space.endpoints(), *inner):
        if len(problems) > SHOWN_PROBLEMS:
            return [*problems, "… and perhaps more"]
        if key not in known:
            problems |= dict.fromkeys(f"{key}: {line}" for line in _objections(base, edits))
    return list(problems)


def _real_over_whole_numbers(base: pb.TrainEvalPipelineConfig, item: KeyedRange) -> str | None:
    """Return the problem of a range of real numbers for a field that takes whole ones."""
    entry = item.distribution
    if (entry.integer or entry.log_integer) and not entry.scale_with:
        return None
    for value in item.inner_values:
        if _refuses(base, item.edits(value)) and not _refuses(base, item.edits(round(float(value)))):
            if entry.scale_with:
                return f"{item.key}: scale_with gives real numbers, and {item.path} takes whole ones; remove it"
            low, high = (float(end) for end in item.ends)
            whole = sorted((math.ceil(low), math.floor(high)))
            kind = "log_integer" if entry.log_uniform else "integer"
            return (
                f"{item.key}: {entry.kind} [{low:g}, {high:g}] gives real numbers, and {item.path} takes whole "
                f"ones; write {kind}: {whole}"
            )
    return None


def _conditional(base: pb.TrainEvalPipelineConfig, ranges: Sequence[KeyedRange]) -> Iterator[tuple[str, str]]:
    """Yield key and problem of each parameter that fits some choices of another one, and not the others."""
    for switch in (item for item in ranges if item.path in SWITCHES and len(item.ends) > 1):
        choices = [choice for choice in switch.ends if not _objections(base, switch.edits(choice))]
        for item in ranges:
            if item.key == switch.key or switch.path in item.distribution.conditions:
                continue
            against = {
                str(choice): _objections(base, (*switch.edits(choice), *item.edits(item.ends[0])))
                for choice in choices
            }
            fitting = [choice for choice, lines in against.items() if not lines]
            if 0 < len(fitting) < len(choices):
                yield item.key, _conditional_problem(switch, item, against, fitting)


def _conditional_problem(
    switch: KeyedRange, item: KeyedRange, against: Mapping[str, Sequence[str]], fitting: Sequence[str]
) -> str:
    choice, objection = next((choice, lines[0]) for choice, lines in against.items() if lines)
    accepted = fitting[0] if len(fitting) == 1 else f"[{', '.join(fitting)}]"
    return (
        f"{item.key}: does not fit {switch.key}: {choice} ({objection}); add "
        f"`when: {{{switch.path}: {accepted}}}` to it, or remove it"
    )


def _objections(base: pb.TrainEvalPipelineConfig, edits: Sequence[Edit]) -> list[str]:
    """Return what is wrong with the base config after edits, and was not before."""
    try:
        check_supported(apply_edits(base, edits))
    except ConfigError as error:
        of_base = set(problems_of(base))
        return [line for line in str(error).splitlines() if line not in of_base]
    return []


def _refuses(base: pb.TrainEvalPipelineConfig, edits: Sequence[Edit]) -> bool:
    """Return whether a field of the base config does not take its value."""
    try:
        apply_edits(base, edits)
    except ConfigError:
        return True
    return False


def _untunable(spec: SweepSpec) -> Iterator[str]:
    for key in spec.space:
        if reason := fixed_reason(key):
            yield f"space.{key}: cannot be searched: {reason}; remove it"


def fixed_reason(key: str) -> str | None:
    """Return why all trials share the field at a path; None where they need not."""
    for path, reason in FIXED.items():
        if key == path or key.startswith((f"{path}.", f"{path}[")):
            return reason
    return None


def max_evaluations(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> int:
    """Return the most evaluations that a trial can have, over all lengths that the space allows."""
    configs = [apply_edits(base, edits) for key, edits in Space.of(spec).endpoints() if key in STEPS]
    return max(evaluation_plan(config, spec.training).count for config in (base, *configs))
