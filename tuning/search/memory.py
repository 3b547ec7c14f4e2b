"""Checks that the trials of a sweep fit into this machine's memory, before the first one starts."""

from collections.abc import Iterator, Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.memory import check_memory, forecast_memory
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.space import Space


def check_memory_of_space(base: pb.TrainEvalPipelineConfig, space: Space) -> None:
    """Forecast the memory of the base config, and of it with each end and choice of the space.

    A config that is not supported is not forecast. What does not fit by the base config's own sizes is reported
    once, and not at all where a value of the space makes it fit.

    Raises:
        SweepError: Training takes more memory than the machine has; by the keys of the sweep file.
    """
    if problems_of(base):
        return
    size_of_base, problem_of_base = forecast_memory(base).total, _problem(base)
    problems: dict[str, str] = {}
    fits = problem_of_base is None
    for key, edits in space.endpoints():
        for config in _supported(base, edits):
            problem = _problem(config)
            fits = fits or problem is None
            if problem is not None and forecast_memory(config).total != size_of_base:
                problems.setdefault(key, f"{key}: {problem}")
    lines = list(problems.values()) if fits else [f"base_config: {problem_of_base}"]
    if lines:
        raise SweepError("\n".join(lines))


def _supported(base: pb.TrainEvalPipelineConfig, edits: Sequence[Edit]) -> Iterator[pb.TrainEvalPipelineConfig]:
    """Yield the base config with edits, if it takes them and is supported."""
    try:
        config = apply_edits(base, edits)
    except ConfigError:
        return
    if not problems_of(config):
        yield config


def _problem(config: pb.TrainEvalPipelineConfig) -> str | None:
    """Return why training a config does not fit into the memory; None if it fits."""
    try:
        check_memory(config)
    except ConfigError as error:
        return str(error)
    return None
