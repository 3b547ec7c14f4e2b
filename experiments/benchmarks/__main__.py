"""Run all benchmarks, each next to what a user would run instead, on the same machine in the same run.

    python -m experiments.benchmarks [--only NAME …] [--no-peers]

The baseline ("peer") is mostly the TensorFlow Object Detection API in a separate environment, `.parity/oracle`,
which is created once (2.3 GB, see `make parity`; ORACLE_PYTHON names the interpreter of an existing one). If it
cannot be created, a message says so and only Sweepbox is measured. Data is generated into `.bench/`. Takes at
most 60 minutes on two cores, 20 without the baseline. Run it on an otherwise idle machine and compare ratios
within one run, not seconds between runs.

Writes `experiments/benchmarks/results/NAME.json` and the table in `experiments/benchmarks/README.md`.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.benchmarks.figure import Figure, read_figures, table, write_result
from experiments.benchmarks.machine import ROOT, facts
from experiments.benchmarks.workspace import RunFailedError, Workspace
from experiments.parity.environment import OracleMissingError, oracle_python

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SUITE = (
    "training_resnet50",
    "training_mobilenet",
    "input_pipeline",
    "evaluation",
    "coco_metrics",
    "resampled_metrics",
    "export",
    "sweep",
    "trials",
    "scale",
    "records",
    "search",
    "report",
)
WITHOUT_PEER = ("resampled_metrics", "trials", "scale", "records", "search", "report")
"""The benchmarks that do not run the Object Detection API."""
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main() -> int:
    options = _arguments()
    needs_peer = not options.no_peers and not set(options.only or SUITE) <= set(WITHOUT_PEER)
    workspace = Workspace(ROOT / ".bench", _oracle() if needs_peer else None)
    machine = facts()  # before results are written, which change the tree
    failed = [name for name in options.only or SUITE if not _run(name, workspace, machine)]
    update_readme(HERE / "README.md", RESULTS)
    return 1 if failed else 0


def _oracle() -> Path | None:
    """Return the interpreter of the Object Detection API, or print why there is none and return None."""
    try:
        return oracle_python(ROOT / ".parity" / "oracle")
    except OracleMissingError as error:
        print(f"measuring without the Object Detection API: {error}", file=sys.stderr)
        return None


def _run(name: str, workspace: Workspace, machine: Mapping[str, Any]) -> bool:
    """Run one benchmark and write its figures; return whether it succeeded."""
    module = importlib.import_module(f"experiments.benchmarks.suite.{name}")
    figures: list[Figure] = []
    started = time.perf_counter()
    print(f"{name}: {module.__doc__.splitlines()[0]}", flush=True)
    try:
        for figure in module.measure(workspace):
            figures.append(figure)
            print("  " + " | ".join(cell for cell in figure.row if cell), flush=True)
    except RunFailedError as error:
        print(f"  stopped: {error}", file=sys.stderr)
        return False
    result = {"benchmark": name, "measured": time.strftime("%Y-%m-%d"), **machine}
    result["seconds"] = round(time.perf_counter() - started, 1)
    write_result(RESULTS / f"{name}.json", figures, result)
    return True


def update_readme(readme: Path, results: Path) -> None:
    """Write the tables of all stored results between the two markers."""
    text = readme.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    readme.write_text(text[:begin] + "\n\n" + "\n".join(_sections(results)) + "\n" + text[end:])


def _sections(results: Path) -> Iterable[str]:
    """Yield a heading, a description of the run and the table of every result."""
    stored = {path.stem: json.loads(path.read_text()) for path in results.glob("*.json")}
    for name in sorted(stored, key=lambda name: (SUITE.index(name) if name in SUITE else len(SUITE), name)):
        result = stored[name]
        packages = ", ".join(f"{key} {value}" for key, value in result["packages"].items())
        device = result.get("device") or f"{result['cores']} cores of {result['processor']}"
        yield f"### {name}\n"
        yield f"{device}; {packages}; commit {result['commit']}; {result['measured']}; {result['seconds']} s\n"
        yield table(read_figures(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUITE, help="run only these benchmarks")
    parser.add_argument("--no-peers", action="store_true", help="measure Sweepbox only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
