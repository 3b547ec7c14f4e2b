"""A checkpoint to start from that is not there, or whose type does not fit it."""

from collections.abc import Iterator
from pathlib import Path

from sweepbox.detection.checkpoint.source import initial_source, is_backbone_source, is_own_checkpoint
from sweepbox.detection.config.support.checkpoint import check_checkpoint_type
from sweepbox.detection.core.errors import ConfigError, ModelError
from sweepbox.detection.diagnosis.traps.finding import Case, Finding

FIELD = "train_config.fine_tune_checkpoint"


def checkpoint_type(case: Case) -> Iterator[Finding]:
    """Find a checkpoint that is missing, or without the part that `fine_tune_checkpoint_type` names.

    The network of the config is built to compare shapes.
    """
    train = case.config.train_config
    named = train.fine_tune_checkpoint
    if not named:
        return
    try:
        source = initial_source(case.config, named)
    except (ConfigError, ModelError) as error:
        yield Finding(
            f"{FIELD} = {named!r}",
            f"training cannot start from it: {_reason(error, named)}",
            "correct the path, name other initial weights, or clear it",
        )
        return
    if source is None or is_backbone_source(source) or is_own_checkpoint(source):
        return
    if any(check_checkpoint_type(case.config)):
        return
    yield from _misfit(case, source)


def _misfit(case: Case, source: str) -> Iterator[Finding]:
    """Yield why the part of the config's type cannot be restored from a checkpoint."""
    from sweepbox.detection.checkpoint.object_based import TYPE_FIELD, RestoredPart, check_restorable
    from sweepbox.detection.model.ssd import build_detector

    train = case.config.train_config
    default = RestoredPart.DETECTION if train.from_detection_checkpoint else RestoredPart.CLASSIFICATION
    part = RestoredPart(train.fine_tune_checkpoint_type or default)
    try:
        detector = build_detector(case.ssd, seed=None)
        check_restorable(detector.network, Path(source), case.ssd, part)
    except ConfigError:
        return  # training refuses the model, which is a problem of the config
    except ModelError as error:
        first, *_ = str(error).splitlines()
        effect, _, remedy = first.partition("; ")
        yield Finding(
            f"{TYPE_FIELD} = {train.fine_tune_checkpoint_type or f'{default} (unset)'}",
            f"training cannot start from the checkpoint: {_reason(effect, source)}",
            remedy or "name a checkpoint of this feature extractor",
        )


def _reason(error: object, path: str) -> str:
    """Return the reason in a message, without the path before it and the remedy after it."""
    return str(error).partition(f"{path}: ")[2].partition("; ")[0] or str(error)
