"""Dividing the images of a sweep into folds, before anything is trained."""

from pathlib import Path

from sweepbox.detection.core.errors import SweepError, UsageError
from sweepbox.detection.data.dataset.contents import record_contents
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.data.dataset.splits import choose_folds
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.division import Division, write_division
from sweepbox.tuning.storage.folder import SweepFolder


def divide_images(folder: SweepFolder, spec: SweepSpec, dataset: PreparedDataset) -> tuple[Path, ...]:
    """Write how the images of training and validation part are divided into folds, for each seed of `confirm`.

    A division that is there stays. The records are read where one is missing; the test part never is.

    Args:
        folder: The sweep's folder, or its draft.
        spec: The sweep; nothing is written without `confirm.folds`.
        dataset: The records.

    Returns:
        The files that were written.

    Raises:
        SweepError: The rarest class is in fewer images than there are folds.
        DataError: The records are missing or damaged.
    """
    confirm = spec.confirm
    if confirm is None or confirm.folds is None:
        return ()
    folds = confirm.folds
    missing = [seed for seed in confirm.training_seeds(spec.seed) if not folder.division(folds, seed).is_file()]
    if not missing:
        return ()
    train, validation = (
        list(record_contents(part, dataset.label_map)) for part in (dataset.train, dataset.validation)
    )
    for seed in missing:
        try:
            chosen = choose_folds([*train, *validation], folds=folds, seed=seed)
        except UsageError as error:
            raise SweepError(f"confirm.folds: {error}") from error
        numbers = tuple(fold + 1 for fold in chosen)
        write_division(folder, Division(folds, seed, numbers[: len(train)], numbers[len(train) :]))
    return tuple(folder.division(folds, seed) for seed in missing)
