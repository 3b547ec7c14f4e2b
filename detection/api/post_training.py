"""Suppression and thresholds of a trained detector, chosen without training."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.files import StrPath

if TYPE_CHECKING:
    from sweepbox.detection.post_training.post_training import PostTraining


def tune_post_processing(
    checkpoint: StrPath,
    data: StrPath,
    *,
    metric: str = "mAP",
    precision: float | None = None,
    folds: int = 5,
    progress: Callable[[str, int, int], None] | None = None,
) -> "PostTraining":
    """Choose suppression settings and operating thresholds of a checkpoint on the validation part of records.

    Nothing is trained or written. `export` does the same and writes the choices beside the exported model.

    Args:
        checkpoint: The folder of a training run, of which the best checkpoint is taken, or of a checkpoint.
        data: The folder that `prepare` wrote.
        metric: The reported metric that the suppression is chosen for; more of it is better.
        precision: Choose the thresholds for the most objects at this precision (0 to 1) instead of the best F1.
        folds: The number of folds of the cross-validation that chooses the suppression.
        progress: Called with the name of the phase, the finished units and their total.

    Returns:
        `suppression` has the chosen settings and their gain in images that took no part in the choice,
        `thresholds` those of each class, `score_cut` what the config's score threshold costs in mAP (None where
        it costs nothing), `metrics` all metrics with the chosen suppression, and `lines` all that in words.

    Raises:
        ModelError: The folder has no checkpoint, or its weights are damaged.
        DataError: The records are missing or damaged, or have fewer than ten objects.
        UsageError: There is no such metric, or the precision or the number of folds is out of range.

    Example:
        >>> chosen = sb.tune_post_processing("runs/tiny/trials/0000", "records")
        >>> chosen.suppression.is_changed  # three images are too few to choose by
        False
        >>> [item.name for item in chosen.thresholds.classes]
        ['with_mask', 'without_mask', 'mask_weared_incorrect']
    """
    from sweepbox.detection.core.metric_names import own_name
    from sweepbox.detection.data.dataset.prepared import open_dataset
    from sweepbox.detection.data.dataset.remote import local_data
    from sweepbox.detection.export.source import find_checkpoint
    from sweepbox.detection.post_training.measure import Criterion
    from sweepbox.detection.post_training.post_training import tune_after_training

    return tune_after_training(
        find_checkpoint(Path(checkpoint)),
        open_dataset(local_data(data)).validation,
        criterion=Criterion.metric(own_name(metric)),
        precision=precision,
        folds=folds,
        on_progress=progress,
    )
