"""Compare Sweepbox with the TensorFlow Object Detection API, which runs in a separate environment.

    make parity                          # or: python -m experiments.parity [--item 3 …] [--out REPORT.md]

The Object Detection API is the oracle of these tests. The first run needs Python 3.11 on the PATH and a package
index to create its environment in `.parity/oracle` (2.3 GB); ORACLE_PYTHON names the interpreter of an existing
environment instead. Images and records are generated; photographs and published configs are used as well if
$SWEEPBOX_SHARED or ../shared contains them. The oracle's results are cached in `.parity/work` by the hash of
their inputs, so that a second run is faster.

Takes about 40 minutes on two cores the first time. Every item is expected to pass; otherwise the exit status is
1.
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
    """Run all checks of the items, even after a failure, and return the report."""
    started, console = time.monotonic(), Console()
    checks = {item: check_names(item) for item in sorted(items)}
    broken = {name: _submit_runs(item, name, context) for item, names in checks.items() for name in names}
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


def _submit_runs(item: int, name: str, context: Context) -> list[Finding]:
    """Let a check queue its runs of the oracle; return a finding if that fails."""
    try:
        module = load_check(name)
        if hasattr(module, "submit_runs"):
            module.submit_runs(context)
    except Exception as error:  # noqa: BLE001 - reported as a failure; the other checks still run
        return [_stopped(item, name, error)]
    return []


def _findings(item: int, name: str, context: Context) -> list[Finding]:
    """Return the findings of a check; an exception becomes a finding and ends only this check."""
    findings: list[Finding] = []
    try:
        for finding in load_check(name).check(context):
            findings.append(finding)
            print(f"  {finding.verdict}: {finding.name}", flush=True)
    except Exception as error:  # noqa: BLE001 - see above
        findings.append(_stopped(item, name, error))
    _release_models()
    return findings


def _stopped(item: int, name: str, error: Exception) -> Finding:
    """Print the traceback of an exception and return it as a finding."""
    traceback.print_exception(error)
    return Finding.broken(
        item=item, name=f"{name} stopped", reason=f"{type(error).__name__}: {str(error)[:300]}"
    )


def _release_models() -> None:
    """Free the memory of built models. The checks import Keras, after `main` has set the environment."""
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.clear_session()
    gc.collect()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--item", type=int, nargs="+", choices=list(ITEMS), help="run only these items")
    parser.add_argument("--out", type=Path, help="path of the report (default: written only if all items run)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
