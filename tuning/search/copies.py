"""Checks that the trials of a space can continue from each other's weights."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.endpoints import STEPS
from sweepbox.tuning.search.programs import static_parameters
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec


def check_copies(base: pb.TrainEvalPipelineConfig, spec: SweepSpec) -> None:
    """Check a space for a stopping rule that replaces trials by copies of others.

    Raises:
        SweepError: A parameter changes the compiled program or the length of a trial; all are named.
    """
    space = Space.of(spec)
    static = set(static_parameters(base, space))
    problems = []
    for parameter in space.parameters():
        part = "space" if parameter.name in space.fields else "augmentations"
        key = f"{part}.{parameter.name}"
        if parameter.name in static or key in STEPS:
            what = "the length of a trial" if key in STEPS else "the compiled program"
            problems.append(
                f"{key}: changes {what}, and {spec.scheduler.type} continues trials from others; "
                "fix it under `set`, or choose another stopping rule"
            )
    if problems:
        raise SweepError("\n".join(problems))
