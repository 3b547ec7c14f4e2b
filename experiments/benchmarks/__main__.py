"""All benchmarks, each side by side with what a user would run instead, on the same machine in the same run.

    python -m experiments.benchmarks [--only NAME …] [--no-peers]

The peer is the TensorFlow Object Detection API in an environment of its own, `.parity/oracle`, made once (2.3
GB, see `make parity`; ORACLE_PYTHON names the interpreter of an existing one). Where it cannot be made, our
figures are measured alone, with a message. Data is generated into `.bench/`. At most 60 minutes on two cores,
20 without the peer. Run it on a machine that does nothing else: ratios within one run are what counts.

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
    "export",
    "sweep",
    "trials",
    "records",
)
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main() -> int:
    options = _arguments()
    workspace = Workspace(ROOT / ".bench", None if options.no_peers else _oracle())
    machine = facts()  # before results are written, which change the tree
    failed = [name for name in options.only or SUITE if not _run(name, workspace, machine)]
    update_readme(HERE / "README.md", RESULTS)
    return 1 if failed else 0


def _oracle() -> Path | None:
    """Return the peer's interpreter; None, with a message, where there is none."""
    try:
        return oracle_python(ROOT / ".parity" / "oracle")
    except OracleMissingError as error:
        print(f"without the peer: {error}", file=sys.stderr)
        return None


def _run(name: str, workspace: Workspace, machine: Mapping[str, Any]) -> bool:
    """Measure one benchmark and keep its figures; tell whether it went through."""
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
    """Write the table of all kept results between the two marks."""
    text = readme.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    readme.write_text(text[:begin] + "\n\n" + "\n".join(_sections(results)) + "\n" + text[end:])


def _sections(results: Path) -> Iterable[str]:
    """Yield a heading, the facts of the run and the table of every result."""
    kept = {path.stem: json.loads(path.read_text()) for path in results.glob("*.json")}
    for name in sorted(kept, key=lambda name: (SUITE.index(name) if name in SUITE else len(SUITE), name)):
        result = kept[name]
        packages = ", ".join(f"{key} {value}" for key, value in result["packages"].items())
        device = result.get("device") or f"{result['cores']} cores of {result['processor']}"
        yield f"### {name}\n"
        yield f"{device}; {packages}; commit {result['commit']}; {result['measured']}; {result['seconds']} s\n"
        yield table(read_figures(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUITE, help="only these")
    parser.add_argument("--no-peers", action="store_true", help="measure our side alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
