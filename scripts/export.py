"""`sweepbox export`: make the best checkpoint a model that runs elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from scripts.cli import run

if TYPE_CHECKING:
    from detection.export.model_card import CardExtras
    from detection.export.saved_model import ExportedModel
    from tuning.results import SweepState

SWEEP_FILE = "sweep.yaml"


def command(
    source: Annotated[Path, Argument(help="Folder of a sweep, of a training run, or a checkpoint folder.")],
    out: Annotated[Path, Argument(help="Folder to make; it must not exist or be empty.")],
    *,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace an older export in OUT.")] = False,
) -> None:
    """Export a detector as a SavedModel with the Object Detection API's signature.

    Of a sweep it is the best checkpoint of all its trials by the sweep's objective, of a training run its best.
    OUT gets saved_model/, pipeline.config, label_map.pbtxt and model_card.md.
    """
    from rich.console import Console

    from detection.export.saved_model import check_target, export_detector

    check_target(out, overwrite=overwrite)
    checkpoint, extras = _checkpoint_of(source)
    with Console(stderr=True).status("exporting"):
        exported = export_detector(checkpoint, out, extras=extras, overwrite=overwrite)
    Console().print(_summary(exported, extras), highlight=False, markup=False, soft_wrap=True)


def _checkpoint_of(source: Path) -> tuple[Path, "CardExtras"]:
    """Return the checkpoint to export and what is known besides."""
    from detection.export.model_card import CardExtras
    from detection.export.source import find_checkpoint

    if not (source / SWEEP_FILE).is_file():
        return find_checkpoint(source), CardExtras()
    from tuning.results import best_checkpoint, load_sweep

    checkpoint = best_checkpoint(source)
    return checkpoint, _sweep_extras(load_sweep(source))


def _sweep_extras(state: "SweepState") -> "CardExtras":
    """Return what a sweep's folder tells of its winner and its data."""
    from detection.core.errors import SweepboxError
    from detection.export.model_card import CardExtras
    from tuning.dataset import open_sweep_data

    if state.best is None:
        return CardExtras()
    trial = state.trial(state.best.trial)
    chosen_by = f"chosen by {state.best.metric} = {state.best.value:.4f}"
    try:
        description = open_sweep_data(state.folder, state.spec).description
    except SweepboxError:
        # The model needs no data: a sweep whose records were cleared away can still be exported.
        description = {}
    splits = description.get("splits", {})
    return CardExtras(
        origin=f"trial {trial.id} of the sweep {state.spec.name!r}, {chosen_by}",
        changes=trial.changes,
        pictures={split: facts["images"] for split, facts in splits.items()},
        objects={
            entry["name"]: {split: entry[split] for split in splits} for entry in description.get("classes", [])
        },
    )


def _summary(exported: "ExportedModel", extras: "CardExtras") -> str:
    """Return what the command tells."""
    metrics = exported.facts.metrics
    named = [f"{name} {metrics[name]:.4f}" for name in ("mAP", "mAP@.50") if metrics.get(name, -1) >= 0]
    lines = [
        f"exported {extras.origin or f'the checkpoint of step {exported.facts.step}'}",
        *([f"on the validation part: {', '.join(named)}"] if named else []),
        f"saved_model/, pipeline.config, label_map.pbtxt and model_card.md are in {exported.directory}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    run(command)
