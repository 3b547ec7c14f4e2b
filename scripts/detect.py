"""`sweepbox detect`: detect objects in images with an exported model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from sweepbox.detection.core.labels import LabelMap
    from sweepbox.detection.inference.detect_images import DetectedImage
    from sweepbox.detection.inference.detector import Detector


def command(
    model: Annotated[Path, Argument(help="Folder of an exported model.")],
    images: Annotated[list[str], Argument(help="Images, folders of images, glob patterns.")],
    *,
    out: Annotated[Path, Option(help="Folder for the annotated images and detections.json.")],
    threshold: Annotated[
        float | None,
        Option(
            min=0.0,
            max=1.0,
            show_default=False,
            help="Least score of a detection; by default that of each class in the model's thresholds.json, "
            "or 0.5 without this file.",
        ),
    ] = None,
    label_map: Annotated[
        Path | None, Option(help="Label map to use instead of the one in the model's folder.")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files of these names in OUT.")] = False,
) -> None:
    """Detect objects: write annotated copies of the images, with the same names, and detections.json.

    detections.json is a list in COCO's results format: image_id (the images in the order given, from 1),
    category_id, bbox (x, y, width, height in pixels), score, and also file_name. All images are read
    before anything is written; if one is bad, nothing is. An image has at most 100 million pixels, or as many
    as the variable SWEEPBOX_MAX_IMAGE_PIXELS says. The output says which thresholds were used.
    """
    from sweepbox.detection.inference.detect_images import detect_images
    from sweepbox.detection.inference.detector import Detector
    from sweepbox.detection.inference.images import find_images
    from sweepbox.detection.inference.labels import load_labels
    from sweepbox.scripts.console import plain_console
    from sweepbox.scripts.progress import progress_bar

    labels = load_labels(model, label_map)
    pictures = find_images(images)
    detector = Detector(model, labels=labels)
    with progress_bar("detecting", total=len(pictures)) as on_progress:
        found = detect_images(
            detector,
            pictures,
            out,
            labels=labels,
            threshold=threshold,
            overwrite=overwrite,
            on_progress=on_progress,
        )
    _print_table(found, labels, out)
    plain_console().print(_threshold_text(threshold, detector), soft_wrap=True)


def _threshold_text(threshold: float | None, detector: "Detector") -> str:
    """Return which thresholds were used."""
    from sweepbox.detection.inference.draw import DEFAULT_THRESHOLD

    if threshold is not None:
        return f"threshold {threshold:g} for all classes"
    if detector.thresholds is None:
        return f"threshold {DEFAULT_THRESHOLD:g} for all classes (the model has no thresholds.json)"
    return f"thresholds of thresholds.json: {detector.thresholds}"


def _print_table(found: Sequence["DetectedImage"], labels: "LabelMap", out: Path) -> None:
    """Print the number of objects of each class in each picture."""
    from collections import Counter

    from rich.table import Table
    from rich.text import Text

    from sweepbox.scripts.console import plain_console

    table = Table()
    table.add_column("image", no_wrap=True)
    for heading in ("objects", "best score"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("classes")
    for picture in found:
        scores = picture.detections.scores
        counts = Counter(picture.detections.class_ids.tolist())
        classes = ", ".join(f"{labels.name_of(class_id)} {count}" for class_id, count in sorted(counts.items()))
        best = f"{scores.max():.3f}" if len(scores) else "-"
        table.add_row(Text(picture.source.name), str(len(scores)), best, Text(classes))
    console = plain_console()
    console.print(table)
    console.print(f"annotated images and detections.json are in {out}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
