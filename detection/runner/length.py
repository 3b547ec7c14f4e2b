"""Another length for a run that is resumed: what may change with it, and the learning rate before and after."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import schedule_path
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.linked import NUM_STEPS
from sweepbox.detection.training.schedules import schedule_of_training

LENGTHS = ("total_steps", "warmup_steps", "hold_base_rate_steps", "decay_steps", "burnin_steps", "step")
"""The fields of learning-rate schedules that are scaled with the number of steps."""


@dataclass(frozen=True)
class LengthReport:
    """The new length of a run that is resumed.

    Attributes:
        step: The steps trained so far.
        steps_before: The steps of the run before.
        steps_after: The steps of the run now.
        rate_before: The learning rate of the last trained step, or of the first one where none is trained.
        rate_after: The learning rate of the next step.
    """

    step: int
    steps_before: int
    steps_after: int
    rate_before: float
    rate_after: float

    def __str__(self) -> str:
        """Return one line for the user."""
        return (
            f"the run has {self.steps_after} steps instead of {self.steps_before}: at step {self.step} the "
            f"learning rate goes from {self.rate_before:.4g} to {self.rate_after:.4g}"
        )


def length_report(
    before: pb.TrainEvalPipelineConfig, after: pb.TrainEvalPipelineConfig, *, step: int
) -> LengthReport:
    """Return what changes with the config of a run after `step` steps."""
    old, new = (schedule_of_training(config.train_config) for config in (before, after))
    return LengthReport(
        step=step,
        steps_before=before.train_config.num_steps,
        steps_after=after.train_config.num_steps,
        rate_before=old(max(step - 1, 0)),
        rate_after=new(step),
    )


def other_changes(before: pb.TrainEvalPipelineConfig, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes of a run's config that do not belong to a change of its length.

    Those that do are `num_steps`, and lengths of the schedule that are scaled with it, give or take rounding.
    """
    length = next((change for change in changes if change.path == NUM_STEPS), None)
    if length is None or not length.before or not length.after:
        return tuple(changes)
    ratio = float(length.after) / float(length.before)
    return tuple(change for change in changes if not _is_linked(change, schedule_path(before), ratio))


def _is_linked(change: Change, schedule: str | None, ratio: float) -> bool:
    """Return whether a change is that of the length, or one of the schedule that follows from it."""
    if change.path == NUM_STEPS:
        return True
    field = change.path.rpartition(".")[2]
    if schedule is None or not change.path.startswith(f"{schedule}.") or field not in LENGTHS:
        return False
    before, after = change.before, change.after
    if not isinstance(before, int) or not isinstance(after, int):
        return False
    return abs(after - before * ratio) <= max(1.0, ratio)
