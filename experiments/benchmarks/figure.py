"""One measured figure with its baseline, and how figures are stored and displayed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HEAD = ("benchmark", "Sweepbox", "baseline", "ratio", "target", "what the baseline is")


@dataclass(frozen=True)
class Figure:
    """One measurement: `ours` and the baseline `peer`, both in `unit`.

    `better` is "lower" or "higher". The ratio is how many times better `ours` is: 2 means half the time or
    twice the images per second. `aim` is the smallest acceptable ratio. `limit` is for costs that only have to
    stay close to the baseline: the largest acceptable `ours / peer`.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    better: str = "lower"
    aim: float | None = None
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; None without a baseline, or where either is not above zero.

        A difference of two times, such as an overhead, can come out at zero or below: it is then too small to
        be measured.
        """
        if self.peer is None or self.peer <= 0 or self.ours <= 0:
            return None
        return self.ours / self.peer if self.better == "higher" else self.peer / self.ours

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or without a baseline above zero.

        A cost at zero or below meets any target.
        """
        if self.peer is None or self.peer <= 0 or (self.aim is None and self.limit is None):
            return None
        if self.ratio is None:
            return self.better == "lower"
        return self.ratio >= self.aim if self.aim is not None else 1 / self.ratio <= (self.limit or 0)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of the figure's table row."""
        aim = f"≥ {self.aim:g} x" if self.aim else f"cost ≤ {self.limit:g} x" if self.limit else ""
        verdict = {True: " (met)", False: " (missed)", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        return (
            self.name + (f" ({self.note})" if self.note else ""),
            f"{shown(self.ours)} {self.unit}",
            "" if self.peer is None else f"{shown(self.peer)} {self.unit}",
            ratio,
            aim + verdict,
            self.peer_name,
        )


def shown(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write_result(path: Path, figures: Sequence[Figure], facts: dict[str, Any]) -> None:
    """Write the figures of one benchmark with the description of the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(figure), "ratio": figure.ratio, "met": figure.met} for figure in figures]
    path.write_text(json.dumps({**facts, "figures": rows}, indent=1) + "\n")


def read_figures(result: dict[str, Any]) -> list[Figure]:
    """Return the figures of a result file."""
    names = Figure.__dataclass_fields__
    return [Figure(**{key: value for key, value in row.items() if key in names}) for row in result["figures"]]


def table(figures: Iterable[Figure]) -> str:
    """Return a Markdown table."""
    lines = [HEAD, ("---", "---:", "---:", "---:", "---", "---"), *(figure.row for figure in figures)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
