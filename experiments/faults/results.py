"""The recorded results: a line of JSON for each sweep, and the table of them."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.faults.kinds.table import KINDS

RESULTS = Path(__file__).parents[1] / "results" / "faults.jsonl"


def read_results(path: Path) -> list[dict[str, Any]]:
    """Return what became of each sweep."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return a table in Markdown: how many faults of each kind were injected, and in how many all held.

    The faults of a sweep in which a promise did not hold all count as not held.
    """
    injected: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for result in results:
        for item in result["injected"]:
            injected[item["kind"]] += 1
            held[item["kind"]] += not result["reason"]
    rows = [f"| {kind.title} | {injected[name]:,} | {held[name]:,} |" for name, kind in KINDS.items()]
    total = f"| all, in {len(results):,} sweeps | {injected.total():,} | {held.total():,} |"
    return "\n".join(["| fault | injected | held |", "|---|---:|---:|", *rows, total])
