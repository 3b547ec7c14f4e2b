"""The table of average precision by class that `train` and `evaluate` print."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import CLASS_METRICS


def class_table(metrics: Mapping[str, float], label_map: LabelMap, *, title: str | None = None) -> Table:
    """Return a row for each class with its average precision, and one with the means.

    Args:
        metrics: Metrics by name, as `DetectionEvaluator` returns them; -1 for a class without objects.
        label_map: The classes, in the order of the rows.
        title: A line above the table.
    """
    table = Table("class", title=None if title is None else Text(title))
    for kind in CLASS_METRICS:
        table.add_column(kind, justify="right")
    for name in label_map.names:
        table.add_row(Text(name), *(_text(metrics.get(f"{kind}/{name}")) for kind in CLASS_METRICS))
    means = [f"m{kind}" for kind in CLASS_METRICS]
    table.add_section()
    table.add_row(f"mean ({', '.join(means)})", *(_text(metrics.get(name)) for name in means))
    return table


def _text(value: float | None) -> str:
    """Return the text of a metric; -1 means a class without objects."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value >= 0 else "no object"
