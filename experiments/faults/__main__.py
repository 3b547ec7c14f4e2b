"""Injects faults into real sweeps: `python -m experiments.faults --count 200`; goes on where it stopped."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from experiments.faults.kinds.table import KINDS
from experiments.faults.results import RESULTS, read_results, table
from experiments.faults.run import run_faults
from experiments.faults.winner import WinnerCheck
from experiments.faults.workload import ROOT, environment

COUNT, EACH = 200, 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject faults until the results have so many; return 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many faults of this seed in all")
    parser.add_argument("--each", type=int, default=EACH, help="how many faults are planned for one sweep")
    parser.add_argument("--seed", type=int, default=1, help="decides which faults come")
    parser.add_argument("--only", default="", help=f"kinds, with commas between them: {', '.join(KINDS)}")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file to which results are added")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "faults", help="a folder for the sweeps")
    parser.add_argument("--table", action="store_true", help="print the table of the results, and run nothing")
    given = parser.parse_args(arguments)
    if given.table:
        print(table(read_results(given.out)))
        return 0
    only = [name for name in given.only.split(",") if name]
    unknown = [name for name in only if name not in KINDS]
    if unknown:
        parser.error(f"--only {', '.join(unknown)}: the kinds are {', '.join(KINDS)}")
    given.work.mkdir(parents=True, exist_ok=True)
    winner, failed, number = WinnerCheck(environment(given.work)), 0, 0
    prefix = "-".join([str(given.seed), *only])
    done = {item["seed"]: len(item["injected"]) for item in read_results(given.out)}
    injected = sum(count for seed, count in done.items() if seed.rpartition("-")[0] == prefix)
    while injected < given.count:
        number += 1
        seed = f"{prefix}-{number}"
        if seed in done:
            continue
        result = run_faults(seed, given.each, given.work, only=only, winner=winner)
        with given.out.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        injected += len(result.injected)
        failed += bool(result.reason)
        told = f"FAILED: {result.reason[:600]}" if result.reason else "held"
        kinds = " ".join(item.kind for item in result.injected)
        print(f"{seed}: {kinds} in {result.sessions} starts, {result.seconds:.0f} s: {told}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
