"""Coverage-guided fuzzing of one target with atheris, which is no dependency: `pip install atheris`.

    python -m experiments.fuzz.guided --only weights --runs 20000

Unlike `make fuzz` it keeps files that reach new code and changes these further. It stops at the first file that
is neither read nor refused with a message, and writes it to the current folder.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["sweepbox"]):
    from experiments.fuzz.targets import Target, targets
    from sweepbox.detection.core.errors import SweepboxError


def main() -> None:
    """Fuzz the one target whose name contains `--only`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", required=True, help="a part of the target's name")
    parser.add_argument("--runs", type=int, default=20_000, help="how many files")
    given = parser.parse_args()
    with atheris.instrument_imports(include=["sweepbox"]):  # the seeds are made by what is fuzzed
        known = targets()
    chosen = [target for name, target in known.items() if given.only in name]
    if len(chosen) != 1:
        parser.error(f"--only {given.only!r}: name one of {', '.join(known)}")
    with TemporaryDirectory() as folder:
        _fuzz(chosen[0], Path(folder), runs=given.runs)


def _fuzz(target: Target, folder: Path, *, runs: int) -> None:
    seeds, work = folder / "seeds", folder / "work"
    seeds.mkdir()
    work.mkdir()
    for number, content in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(content)
    read, path = target.prepare(work)
    with atheris.instrument_imports(include=["sweepbox"]):  # readers import when they are called
        path.write_bytes(target.seeds[0])
        read(path)

    def read_one(data: bytes) -> None:
        path.write_bytes(data)
        try:
            read(path)
        except SweepboxError:
            return
        except OSError as error:
            if error.filename is None:
                raise

    limits = [f"-runs={runs}", "-timeout=10", "-rss_limit_mb=6000", "-max_len=100000", "-len_control=0"]
    atheris.Setup([sys.argv[0], *limits, str(seeds)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
