"""`sweepbox evaluate`: measure an exported model on annotated images."""

import json
from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from sweepbox.scripts.cli import run


def command(
    model: Annotated[Path, Argument(help="Folder of an exported model.")],
    data: Annotated[str, Argument(help="Pascal VOC folder, folder of records, TFRecord file or glob pattern.")],
    *,
    split: Annotated[
        str, Option(help="Which part of a folder of records: train, validation or test.")
    ] = "validation",
    label_map: Annotated[
        Path | None, Option(help="Label map to use instead of the one in the model's folder.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Compute COCO metrics of an exported model: mean average precision and that of each class.

    Of a Pascal VOC folder all annotated images count. A class without annotated objects has the value -1 and
    stays out of the means. --json also has the Pascal VOC metrics, and all by the Object Detection API's names.
    """
    from sweepbox.detection.model_evaluation import evaluate_model
    from sweepbox.scripts.class_table import class_table
    from sweepbox.scripts.console import plain_console
    from sweepbox.scripts.progress import progress_bar

    with progress_bar("evaluating") as on_progress:
        evaluation = evaluate_model(model, data, split=split, label_map=label_map, on_progress=on_progress)
    for note in evaluation.notes:
        echo(note, err=as_json)
    if as_json:
        echo(json.dumps(evaluation.to_json(), indent=2, allow_nan=False))
    else:
        title = f"{evaluation.images} images"
        plain_console().print(class_table(evaluation.metrics, evaluation.label_map, title=title))


if __name__ == "__main__":
    run(command)
