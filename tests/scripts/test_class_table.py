import io

from rich.console import Console

from sweepbox.detection.core.labels import LabelMap
from sweepbox.scripts.class_table import class_table


def lines_of(metrics: dict[str, float], **options: str) -> list[list[str]]:
    screen = io.StringIO()
    labels = LabelMap.of(["[bold]", "dog"])
    Console(file=screen, width=80).print(class_table(metrics, labels, **options))
    return [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in screen.getvalue().splitlines()
        if "│" in line
    ]


def test_classes_and_means_have_a_row_each() -> None:
    metrics = {"mAP": 0.5, "mAP@.50": 0.75, "AP/[bold]": 0.25, "AP@.50/[bold]": 1.0, "AP/dog": -1.0}
    assert lines_of(metrics) == [
        ["[bold]", "0.2500", "1.0000"],
        ["dog", "no object", "-"],
        ["mean (mAP, mAP@.50)", "0.5000", "0.7500"],
    ]
