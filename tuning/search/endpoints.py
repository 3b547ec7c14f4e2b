"""Checks that every endpoint of a search space fits the base config."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluations_of

STEPS = ("space.num_steps", "space.train_config.num_steps")
"""The keys of the space that change the length of a trial."""


def check_space(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> None:
    """Apply each endpoint of each range to the base config.

    Raises:
        SweepError: The config refuses endpoints; all are listed, by their keys in the sweep file.
    """
    problems: dict[str, None] = {}
    for key, edits in Space.of(spec).endpoints():
        try:
            check_supported(apply_edits(base, edits))
        except ConfigError as error:
            problems |= dict.fromkeys(f"{key}: {line}" for line in str(error).splitlines())
    if problems:
        raise SweepError("\n".join(problems))


def max_evaluations(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> int:
    """Return the most evaluations that a trial can have, over all lengths that the space allows."""
    configs = [apply_edits(base, edits) for key, edits in Space.of(spec).endpoints() if key in STEPS]
    return max(evaluations_of(config, spec.training) for config in (base, *configs))
