"""Checks that every endpoint of a search space fits the base config."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.support import check_supported, problems_of
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.conditions import check_conditions
from sweepbox.tuning.search.feasibility import Feasibility, check_feasible
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluations_of

STEPS = ("space.num_steps", "space.train_config.num_steps")
"""The keys of the space that change the length of a trial."""


FIXED = {
    "model.ssd.num_classes": "the data decides it",
    "train_input_reader": "all trials train on the same records",
    "eval_input_reader": "all trials are evaluated on the same records",
    "eval_config": "all trials are evaluated alike",
}
"""The fields that no trial may change, and why."""


def check_space(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> None:
    """Check the conditions and requirements, and apply each endpoint of each range to the base config.

    What is wrong with the base config itself is not reported.

    Raises:
        SweepError: The config refuses endpoints, a field is not tunable, a condition names no parameter, or too
            little of the space meets the requirements; all are listed, by their keys in the sweep file.
    """
    check_conditions(spec.space, spec.augmentations)
    problems = dict.fromkeys(_untunable(spec))
    of_base = set(problems_of(base))
    for key, edits in Space.of(spec).endpoints():
        try:
            check_supported(apply_edits(base, edits))
        except ConfigError as error:
            lines = (line for line in str(error).splitlines() if line not in of_base)
            problems |= dict.fromkeys(f"{key}: {line}" for line in lines)
    if not of_base:
        try:
            feasibility = Feasibility.of(spec, base)
            if not problems:
                check_feasible(feasibility, Space.of(spec))
        except SweepError as error:
            problems |= dict.fromkeys(str(error).splitlines())
    if problems:
        raise SweepError("\n".join(problems))


def _untunable(spec: SweepSpec) -> Iterator[str]:
    for key in spec.space:
        for path, reason in FIXED.items():
            if key == path or key.startswith((f"{path}.", f"{path}[")):
                yield f"space.{key}: cannot be searched: {reason}; remove it"


def max_evaluations(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> int:
    """Return the most evaluations that a trial can have, over all lengths that the space allows."""
    configs = [apply_edits(base, edits) for key, edits in Space.of(spec).endpoints() if key in STEPS]
    return max(evaluations_of(config, spec.training) for config in (base, *configs))
