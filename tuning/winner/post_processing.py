"""Suppression and thresholds of a checkpoint, chosen for the sweep's objective on its validation part."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.objective.goal import COSTS, Goal, Metrics
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.winner_record import read_winner

if TYPE_CHECKING:
    from sweepbox.detection.post_training.measure import Criterion
    from sweepbox.detection.post_training.post_training import PostTraining

KEY = "post_processing"
"""The key of `winner.json` with the choice that was frozen before the test part was read."""


def tune_post_processing(
    checkpoint: Path,
    records: Sequence[Path],
    objective: Objective,
    *,
    precision: float | None = None,
    predictions_file: Path | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> "PostTraining":
    """Choose suppression and operating thresholds of one checkpoint for an objective.

    It writes nothing but `predictions_file`, and reads no other part of the data than `records`.

    Args:
        checkpoint: The checkpoint folder of a finalist.
        records: The files of the validation part.
        objective: The objective of the sweep: its first goal that depends on detections is improved, and no
            constraint may get worse.
        precision: Choose the thresholds for this precision instead of the best F1.
        predictions_file: A file that keeps the raw predictions for another call.
        on_progress: Called with the name of the phase, the finished units and their total.

    Returns:
        The choice; `to_json` is what `winner.json` has under `post_processing`.

    Raises:
        DataError: The records are missing or damaged, or have too few objects.
        TrainingError: The checkpoint is damaged.
    """
    from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
    from sweepbox.detection.post_training.post_training import tune_after_training

    recorded = read_checkpoint_metadata(checkpoint).metrics
    return tune_after_training(
        checkpoint,
        records,
        criterion=criterion_of(objective, recorded),
        precision=precision,
        predictions_file=predictions_file,
        on_progress=on_progress,
    )


def tuned_trial(folder: SweepFolder, spec: SweepSpec, trial_id: str) -> "PostTraining":
    """Return the choice for a trial's best weights; its predictions are kept in the sweep's folder."""
    return tune_post_processing(
        folder.trial(trial_id).best,
        open_unchanged_data(folder, spec).validation,
        Objective.of(spec.objective),
        predictions_file=folder.predictions / f"{trial_id}.arrow",
    )


def criterion_of(objective: Objective, recorded: Metrics) -> "Criterion":
    """Return an objective as a criterion: its first goal that depends on detections, or else mAP.

    Args:
        objective: The objective.
        recorded: The metrics of the checkpoint in its trial, for those that do not depend on the suppression:
            losses and costs.
    """
    from sweepbox.detection.post_training.measure import Criterion

    goal = next(filter(_depends_on_detections, objective.goals), Goal.metric("mAP"))

    def completed(metrics: Metrics) -> Mapping[str, float]:
        return {**recorded, **metrics}

    return Criterion(
        goal.label,
        lambda metrics: goal.oriented(completed(metrics)),
        lambda metrics: objective.violation(completed(metrics)),
    )


def _depends_on_detections(goal: Goal) -> bool:
    """Return whether a goal has a metric that is neither a cost nor a loss."""
    return goal.worst_of is not None or any(
        name not in COSTS and not name.startswith("loss/") for name in goal.weights
    )


def adopted_suppression(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the suppression of a winner's export where it is not its config's own; else None.

    It has the fields of a `SuppressionSetting`, and is read without loading the engine.

    Args:
        content: What `winner.json` holds.

    Raises:
        SweepError: It is damaged.
    """
    value = content.get(KEY)
    if value is None:
        return None
    try:
        choice = value["suppression"]
        own, chosen = dict(choice["own"]), dict(choice["chosen"])
    except (KeyError, TypeError, ValueError) as error:
        raise SweepError(
            f"winner.json: damaged under {KEY} ({error!r}); delete the file and resume the sweep, which "
            "chooses again"
        ) from error
    return None if chosen == own else chosen


def frozen_post_processing(folder: SweepFolder, checkpoint: Path) -> "PostTraining | None":
    """Return the choice for a checkpoint that `winner.json` has; None where there is none.

    SweepError where the file is damaged.
    """
    winner = read_winner(folder)
    value = None if winner is None else winner.content.get(KEY)
    if winner is None or value is None or folder.path / str(winner.content.get("checkpoint")) != checkpoint:
        return None
    from sweepbox.detection.post_training.post_training import PostTraining

    return PostTraining.from_json(value, source=str(folder.winner))
