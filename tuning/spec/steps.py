"""The training steps and evaluations of a trial."""

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.tuning.spec.schema import TrainingSpec

EVALUATIONS_BY_DEFAULT = 10


def evaluate_every(config: pb.TrainEvalPipelineConfig, training: TrainingSpec) -> int:
    """Return the steps between two evaluations: those of the sweep file, or a tenth of the config's steps."""
    return training.evaluate_every or max(config.train_config.num_steps // EVALUATIONS_BY_DEFAULT, 1)


def evaluations_of(config: pb.TrainEvalPipelineConfig, training: TrainingSpec) -> int:
    """Return the number of evaluations of a full trial; the last is after its last step."""
    return -(-config.train_config.num_steps // evaluate_every(config, training))


def next_evaluation_step(step: int, *, every: int, total: int) -> int:
    """Return the step of the next evaluation of a trial at `step`."""
    return min((step // every + 1) * every, total)


def evaluation_number(step: int, *, every: int) -> int:
    """Return the number, from 1, of the evaluation that follows step `step`."""
    return -(-step // every)
