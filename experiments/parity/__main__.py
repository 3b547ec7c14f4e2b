"""All comparisons with the TensorFlow Object Detection API, which is run beside our own code.

    make parity                          # or: python -m experiments.parity [--item 3 …] [--out REPORT.md]

Needs Python 3.11 on the PATH and, the first time, a package index: the oracle gets an environment of its own
in `.parity/oracle` (2.3 GB). ORACLE_PYTHON names the interpreter of an existing one instead. Pictures and
records are generated; photographs and published configs are used as well where $SWEEPBOX_SHARED or ../shared
holds them. What the oracle computed is kept in `.parity/work` by the hash of what went into it, so that a
second run is quicker.

About 40 minutes on two cores the first time. Expect every item to pass; status 1 where one does not.
"""

import argparse
import gc
import importlib
import os
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from rich.console import Console

from experiments.parity.context import ROOT, Context
from experiments.parity.environment import OracleMissingError, describe, oracle_python
from experiments.parity.finding import Finding
from experiments.parity.report import ITEMS, ItemResult, Report, commit_of, live_table, write_report
from experiments.parity.work import OracleRuns

CHECKS = Path(__file__).parent / "checks"
REPORT = ROOT / "experiments" / "results" / "parity.md"


def main() -> int:
    options = _arguments()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    folder = ROOT / ".parity"
    try:
        python = oracle_python(folder / "oracle")
        oracle = describe(python)
    except OracleMissingError as error:
        print(f"parity: {error}", file=sys.stderr)
        return 2
    runs = OracleRuns(python, folder / "work")
    try:
        report = run_items(Context(folder, runs), options.item or list(ITEMS), oracle=oracle)
    finally:
        runs.close()
    if options.out or not options.item:
        write_report(report, options.out or REPORT)
    return 0 if report.passed else 1


def run_items(context: Context, items: Iterable[int], *, oracle: str) -> Report:
    """Run the checks of the items, whatever fails, and return the report."""
    started, console = time.monotonic(), Console()
    modules = _modules(items)
    for module in (module for found in modules.values() for module in found):
        if hasattr(module, "begin"):
            module.begin(context)
    results = []
    for item, found in modules.items():
        since = time.monotonic()
        findings = [finding for module in found for finding in _findings(item, module, context)]
        results.append(ItemResult(item, findings, time.monotonic() - since))
        console.print(live_table(results[-1]))
    seconds = time.monotonic() - started
    return Report(results, oracle, commit_of(ROOT), context.notes, seconds)


def _modules(items: Iterable[int]) -> dict[int, list[ModuleType]]:
    """Return the check modules of every item, in the order of their names."""
    found: dict[int, list[ModuleType]] = defaultdict(list)
    for item in sorted(items):
        found[item] = [
            importlib.import_module(f"experiments.parity.checks.{path.stem}")
            for path in sorted(CHECKS.glob(f"item_{item}_*.py"))
        ]
    return found


def _findings(item: int, module: ModuleType, context: Context) -> list[Finding]:
    """Return what a module finds; an exception is a finding, too, and ends the module only."""
    findings: list[Finding] = []
    try:
        for finding in module.check(context):
            findings.append(finding)
            print(f"  {finding.verdict}: {finding.name}", flush=True)
    except Exception as error:  # noqa: BLE001 - the other checks go on, and this one is reported as failed
        traceback.print_exc()
        name = module.__name__.rsplit(".", 1)[-1]
        reason = f"{type(error).__name__}: {str(error)[:300]}"
        findings.append(Finding.broken(item=item, name=f"{name} stopped", reason=reason))
    _forget_models()
    return findings


def _forget_models() -> None:
    """Let the memory of built models go. Keras is loaded by the checks, after `main` has set its variables."""
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.clear_session()
    gc.collect()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--item", type=int, nargs="+", choices=list(ITEMS), help="only these items")
    parser.add_argument("--out", type=Path, help="where to write the report (default: only for all items)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
