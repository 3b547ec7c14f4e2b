"""Results that came back from the machine with a GPU, put among the others, and the table of all of them.

    python -m experiments.gpu.collect FOLDER

Copies FOLDER's `gpu_*.json` to `experiments/benchmarks/results/`, with the commit of this checkout where the
machine had none, and writes the table in `experiments/benchmarks/README.md`. Trace, program and log stay.
"""

import argparse
import json
from pathlib import Path

from experiments.benchmarks.__main__ import HERE, RESULTS, update_readme
from experiments.benchmarks.machine import ROOT
from experiments.parity.report import commit_of

UNKNOWN = "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for name in collect(options.folder, RESULTS, commit_of(ROOT)):
        print(name)
    update_readme(HERE / "README.md", RESULTS)


def collect(folder: Path, results: Path, commit: str) -> list[str]:
    """Copy the results in a folder and return their names; `commit` is theirs where they state none."""
    found = sorted(folder.glob("gpu_*.json"))
    for path in found:
        result = json.loads(path.read_text())
        result["commit"] = commit if result["commit"] == UNKNOWN else result["commit"]
        (results / path.name).write_text(json.dumps(result, indent=1) + "\n")
    return [path.name for path in found]


if __name__ == "__main__":
    main()
