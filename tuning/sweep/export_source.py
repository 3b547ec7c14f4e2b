"""The checkpoint to export from a sweep, a training run or a checkpoint folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.export.source import find_checkpoint
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.reader import best_checkpoint, load_sweep
from sweepbox.tuning.sweep.winner_text import evidence_texts

if TYPE_CHECKING:
    from sweepbox.detection.export.model_card import CardExtras
    from sweepbox.tuning.sweep.state import SweepState
    from sweepbox.tuning.sweep.trial_result import TrialResult


def export_source(source: Path) -> tuple[Path, "CardExtras"]:
    """Return the checkpoint folder to export and metadata for the model card.

    Args:
        source: The folder of a sweep, whose winner is taken, of a training run, or of a checkpoint.

    Raises:
        SweepError: No trial of the sweep has been evaluated, or its best checkpoint is missing.
        ModelError: The folder is none of these.
    """
    is_sweep = SweepFolder(source).exists
    checkpoint = best_checkpoint(source) if is_sweep else find_checkpoint(source)

    from sweepbox.detection.export.model_card import CardExtras  # loads the engine: after the checks

    return checkpoint, _sweep_extras(load_sweep(source)) if is_sweep else CardExtras()


def _sweep_extras(state: "SweepState") -> "CardExtras":
    """Return the model card's entries on a sweep's winner and data."""
    from sweepbox.detection.export.model_card import CardExtras

    if state.best is None:
        return CardExtras()
    confirmed = state.confirmed_winner
    trial = state.trial(state.best.trial if confirmed is None else confirmed.trial)
    chosen_by = f"chosen by {state.best.metric} = {state.best.value:.4f}"
    if confirmed is not None:
        mean = confirmed.content["validation"]["mean"]
        chosen_by = f"chosen by the mean over seeds of {state.best.metric} = {mean:.4f}"
    try:
        description = open_sweep_data(state.folder, state.spec).description
    except SweepboxError:
        # The model needs no data: a sweep whose records were cleared away can still be exported.
        description = {}
    splits = description.get("splits", {})
    return CardExtras(
        origin=f"trial {trial.id} of the sweep {state.spec.name!r}, {chosen_by}{_chain(state, trial)}",
        changes=trial.changes,
        evidence=() if state.winner is None else evidence_texts(state.winner),
        images={split: facts["images"] for split, facts in splits.items()},
        objects={
            entry["name"]: {split: entry[split] for split in splits} for entry in description.get("classes", [])
        },
    )


def _chain(state: "SweepState", trial: "TrialResult") -> str:
    """Return from which trials' weights a trial continued, the last first, or how its config changed."""
    if trial.status.segments:
        first, *others = trial.status.segments
        changes = "".join(f", from step {item.step} of trial {item.trial}" for item in others)
        return f", trained under the config of trial {first.trial}{changes}"
    words = ""
    copied_from = trial.status.copied_from
    while copied_from is not None:
        words += f", continued from evaluation {copied_from.evaluation} of trial {copied_from.trial}"
        source = next((other for other in state.trials if other.id == copied_from.trial), None)
        copied_from = None if source is None else source.status.copied_from
    return words
