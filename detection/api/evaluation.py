"""The evaluation of an exported model."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.files import StrPath

if TYPE_CHECKING:
    from sweepbox.detection.model_evaluation.evaluate import ModelEvaluation


def evaluate(
    model: StrPath,
    data: StrPath,
    *,
    split: str = "validation",
    label_map: StrPath | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> "ModelEvaluation":
    """Compute COCO and Pascal VOC metrics of an exported model on annotated pictures.

    Args:
        model: The folder that `export` wrote, or an export of the Object Detection API.
        data: A Pascal VOC folder (all its annotated pictures), a folder of records (its files of `split`), a
            TFRecord file or a glob pattern of such.
        split: The part of a folder of records: `train`, `validation` or `test`.
        label_map: The label map's file; by default that in the model's folder.
        on_progress: Called with the number of pictures done.

    Returns:
        The metrics by name in `metrics` (-1 for a class without annotated objects) and the number of `images`.

    Raises:
        ModelError: The model is missing or damaged, or has no label map.
        DataError: The data are missing or damaged, or have a class that the model does not know.

    Example:
        >>> evaluation = sb.evaluate("model", "records")
        >>> 0 <= evaluation.metrics["mAP@.50"] <= 1
        True
        >>> sorted(evaluation.to_json())
        ['AP', 'AP@.50', 'images', 'mAP', 'mAP@.50', 'metrics']
    """
    from sweepbox.detection.model_evaluation.evaluate import evaluate_model

    return evaluate_model(
        Path(model),
        os.fspath(data),
        split=split,
        label_map=None if label_map is None else Path(label_map),
        on_progress=on_progress,
    )
