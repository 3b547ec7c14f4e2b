"""Whether JAX sees the GPU, and how fast it multiplies: before any time is spent on the rest.

    python -m experiments.gpu.chip FILE [--any]

Writes what `gpu_training --chip FILE` reads. Fails where JAX has no GPU, unless `--any` device will do.
"""

import argparse
import sys
from pathlib import Path

from experiments.benchmarks.gpu_training import chip_of
from experiments.benchmarks.machine import ROOT
from experiments.benchmarks.workspace import Workspace


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--any", action="store_true", help="a CPU will do")
    options = parser.parse_args()
    chip = chip_of(Workspace(ROOT / ".bench", None), options.file)
    print(chip)
    if chip["device"].lower() == "cpu" and not options.any:
        options.file.unlink()
        print("JAX sees no GPU; nothing is measured", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
