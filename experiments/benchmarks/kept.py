"""Results that are measured piece by piece and kept as soon as each piece is there."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from experiments.benchmarks.figure import Figure, read_figures, write_result
from experiments.benchmarks.machine import facts


def keep(path: Path, figures: Iterable[Figure], *, seconds: float, **more: Any) -> None:
    """Add figures to the result in `path`, in the place of earlier ones of the same name.

    `seconds` is what they took; `more` are facts beside the figures, by their names.
    """
    earlier: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    kept = {figure.name: figure for figure in (*(read_figures(earlier) if earlier else ()), *figures)}
    total = round(earlier.get("seconds", 0.0) + seconds, 1)
    found = {"benchmark": path.stem, "measured": time.strftime("%Y-%m-%d"), **facts(), "seconds": total}
    known = {name: value for name, value in earlier.items() if name not in {*found, "figures"}}
    write_result(path, list(kept.values()), {**found, **known, **more})


def figure_of(path: Path, name: str) -> float | None:
    """Return our value of a kept figure; None where it is not there."""
    if not path.is_file():
        return None
    found = [figure.ours for figure in read_figures(json.loads(path.read_text())) if figure.name == name]
    return found[0] if found else None


def kept_fact(path: Path, name: str) -> Any:
    """Return a fact that stands beside the figures; None where it is not there."""
    return json.loads(path.read_text()).get(name) if path.is_file() else None
