"""Feeds damaged files to everything that reads files: `python -m experiments.fuzz --inputs 100000`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from experiments.fuzz.run import Result, fuzz
from experiments.fuzz.targets import targets

INPUTS = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all targets or some; return 1 where a file was neither read nor refused as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS, help="how many files of all targets together")
    parser.add_argument("--seed", type=int, default=1, help="decides all changes")
    parser.add_argument("--only", default="", help="run the targets whose names contain this")
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"), help="where files that fail are kept")
    given = parser.parse_args(arguments)
    chosen = [target for name, target in targets().items() if given.only in name]
    if not chosen:
        parser.error(f"--only {given.only!r}: the targets are {', '.join(targets())}")
    failed = 0
    for target in chosen:
        with TemporaryDirectory() as folder:
            result = fuzz(target, Path(folder), inputs=-(-given.inputs // len(chosen)), seed=given.seed)
        print(_line(result), flush=True)
        failed += len(result.failures)
        _keep(result, given.out)
    return 1 if failed else 0


def _line(result: Result) -> str:
    return (
        f"{result.target}: {result.inputs} files, {result.refused} refused, slowest {result.slowest_s:.2f} s, "
        f"{len(result.failures)} failed"
    )


def _keep(result: Result, out: Path) -> None:
    """Write the files that failed, the first of each reason, and print why."""
    kinds: dict[str, int] = {}
    for failure in result.failures:
        kind = failure.reason[:60]
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > 1:
            continue
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{result.target.replace('/', '_').replace(' ', '_')}-{failure.number}"
        path.write_bytes(failure.content)
        print(f"  {path}: {failure.reason[:300]}", flush=True)
    for kind, count in kinds.items():
        if count > 1:
            print(f"  {count} times: {kind}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
