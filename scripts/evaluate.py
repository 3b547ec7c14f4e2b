"""`sweepbox evaluate`: measure an exported model on annotated pictures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, echo

from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from sweepbox.detection.model_evaluation import ModelEvaluation


def command(
    model: Annotated[Path, Argument(help="Folder of an exported model.")],
    data: Annotated[str, Argument(help="Pascal VOC folder, folder of records, TFRecord file or glob pattern.")],
    *,
    split: Annotated[str, Option(help="Which part of a folder of records.")] = "validation",
    label_map: Annotated[
        Path | None, Option(help="Label map to use instead of the one in the model's folder.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Compute COCO metrics of an exported model: mean average precision and that of each class.

    Of a Pascal VOC folder all annotated pictures count. A class without annotated objects has the value -1 and
    stays out of the means. --json also has the Pascal VOC metrics, and all by the Object Detection API's names.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from sweepbox.detection.model_evaluation import evaluate_model

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pictures", total=None)
        evaluation = evaluate_model(
            model,
            data,
            split=split,
            label_map=label_map,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    if as_json:
        echo(json.dumps(evaluation.to_json(), indent=2, allow_nan=False))
    else:
        _print_table(evaluation)


def _print_table(evaluation: "ModelEvaluation") -> None:
    """Print the metrics for people."""
    from rich.console import Console
    from rich.table import Table

    metrics = evaluation.metrics
    table = Table(title=f"{evaluation.images} pictures")
    table.add_column("class")
    for column in ("AP", "AP@.50"):
        table.add_column(column, justify="right")
    for name in evaluation.label_map.names:
        table.add_row(name, _shown(metrics[f"AP/{name}"]), _shown(metrics[f"AP@.50/{name}"]))
    table.add_section()
    table.add_row("mean (mAP, mAP@.50)", _shown(metrics["mAP"]), _shown(metrics["mAP@.50"]))
    Console().print(table)


def _shown(value: float) -> str:
    return f"{value:.4f}" if value >= 0 else "no object"


if __name__ == "__main__":
    run(command)
