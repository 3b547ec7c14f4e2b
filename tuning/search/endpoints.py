"""Checks that every endpoint of a search space fits the base config."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluations_of


def check_space(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> int:
    """Try each end of each range on the base config; return the most evaluations that a trial can have.

    SweepError lists every end that the config refuses, by its key in the sweep file.
    """
    problems: dict[str, None] = {}
    longest = evaluations_of(base, spec.training)
    for key, edits in Space.of(spec).corners():
        try:
            config = apply_edits(base, edits)
            check_supported(config)
        except ConfigError as error:
            problems |= dict.fromkeys(f"{key}: {line}" for line in str(error).splitlines())
        else:
            longest = max(longest, evaluations_of(config, spec.training))
    if problems:
        raise SweepError("\n".join(problems))
    return longest
