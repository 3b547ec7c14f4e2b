"""The evaluations of a trial."""

from typing import TYPE_CHECKING

from sweepbox.detection.core.evaluation_plan import EVALUATIONS_BY_DEFAULT, EvaluationPlan
from sweepbox.tuning.spec.schema import TrainingSpec

if TYPE_CHECKING:
    from sweepbox.detection.config import pipeline_pb2 as pb


def evaluation_plan(
    config: "pb.TrainEvalPipelineConfig", training: TrainingSpec, *, recorded: int | None = None
) -> EvaluationPlan:
    """Return the evaluations of a trial with this config.

    Args:
        config: The trial's config.
        training: The sweep file's `training`.
        recorded: The number of evaluations in the record of a trial that was made before. Earlier versions made
            more than ten where the steps were no multiple of ten; such a trial keeps their distance.
    """
    return plan_of_length(config.train_config.num_steps, training, recorded=recorded)


def plan_of_length(total_steps: int, training: TrainingSpec, *, recorded: int | None = None) -> EvaluationPlan:
    """Return the evaluations of a trial of this many steps; see `evaluation_plan`."""
    plan = EvaluationPlan(total_steps, training.evaluate_every)
    if recorded is None or recorded == plan.count or training.evaluate_every is not None:
        return plan
    earlier = EvaluationPlan(plan.total_steps, max(plan.total_steps // EVALUATIONS_BY_DEFAULT, 1))
    return earlier if recorded == earlier.count else plan
