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
    checks = {item: check_names(item) for item in sorted(items)}
    broken = {name: _begin(item, name, context) for item, names in checks.items() for name in names}
    results = []
    for item, names in checks.items():
        since = time.monotonic()
        findings = [finding for name in names for finding in broken[name] or _findings(item, name, context)]
        results.append(ItemResult(item, findings, time.monotonic() - since))
        console.print(live_table(results[-1]))
    seconds = time.monotonic() - started
    return Report(results, oracle, commit_of(ROOT), context.notes, seconds)


def check_names(item: int) -> list[str]:
    """Return the names of the modules that check an item, sorted."""
    return sorted(path.stem for path in CHECKS.glob(f"item_{item}_*.py"))


def load_check(name: str) -> ModuleType:
    """Return the module of a check."""
    return importlib.import_module(f"experiments.parity.checks.{name}")


def _begin(item: int, name: str, context: Context) -> list[Finding]:
    """Let a check queue what the oracle can do beforehand; return a finding where that fails."""
    try:
        module = load_check(name)
        if hasattr(module, "begin"):
            module.begin(context)
    except Exception as error:  # noqa: BLE001 - the other checks go on, and this one is reported as failed
        return [_stopped(item, name, error)]
    return []


def _findings(item: int, name: str, context: Context) -> list[Finding]:
    """Return what a check finds; an exception is a finding, too, and ends this check only."""
    findings: list[Finding] = []
    try:
        for finding in load_check(name).check(context):
            findings.append(finding)
            print(f"  {finding.verdict}: {finding.name}", flush=True)
    except Exception as error:  # noqa: BLE001 - see above
        findings.append(_stopped(item, name, error))
    _forget_models()
    return findings


def _stopped(item: int, name: str, error: Exception) -> Finding:
    """Return the finding of an exception, whose traceback is printed."""
    traceback.print_exception(error)
    return Finding.broken(
        item=item, name=f"{name} stopped", reason=f"{type(error).__name__}: {str(error)[:300]}"
    )


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
