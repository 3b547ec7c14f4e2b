"""Records real learning curves of random configs: `python -m experiments.curves.record --help`.

Each part is a sweep of `face_mask_256.yaml` with a seed of its own, and becomes a table of all evaluations in
`experiments/benchmarks/curves/`. Parts that are there are not recorded again, and a sweep that was interrupted
is resumed.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

import sweepbox as sb
from sweepbox.detection.core.processor import processor_name
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.tables import write_table
from sweepbox.tuning.sweep.results_table import results_table
from sweepbox.tuning.sweep.state import SweepState

HERE = Path(__file__).parent
SWEEP_FILE = HERE / "face_mask_256.yaml"
CURVES = HERE.parent / "benchmarks" / "curves"


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the parts that are missing, as long as time is left to begin one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=Path, required=True, help="a Pascal VOC folder")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="the prefix of an object-based checkpoint"
    )
    parser.add_argument("--parts", type=int, default=8, help="how many parts there are in the end")
    parser.add_argument("--minutes", type=float, default=600, help="begin no part later than this")
    parser.add_argument("--work", type=Path, default=Path("runs/curves"), help="for the sweeps and the records")
    parser.add_argument("--out", type=Path, default=CURVES, help="where the tables are written")
    given = parser.parse_args(arguments)
    records = given.work / "records"
    if not records.is_dir():
        sb.prepare(given.photographs, records, validation_fraction=0.15, test_fraction=0.15, seed=0)
    deadline = time.monotonic() + 60 * given.minutes
    for seed in range(given.parts):
        table = given.out / f"face_mask_256_seed_{seed}.parquet"
        if table.exists() or time.monotonic() > deadline:
            continue
        state = record(seed, records, given.checkpoint, given.work / f"seed_{seed}")
        if state.is_complete:
            write_table(with_machine(results_table(state)), table)
            print(f"{table}: {len(state.trials)} curves", flush=True)
    return 0


def record(seed: int, records: Path, checkpoint: Path, folder: Path) -> SweepState:
    """Run a part's sweep to its end, and return its state."""
    if folder.is_dir():
        return sb.Sweep.open(folder).resume().state
    spec = load_spec(SWEEP_FILE)
    base = (HERE / spec.base_config).resolve()
    settings = {**spec.set, "train_config.fine_tune_checkpoint": str(checkpoint.resolve())}
    spec = spec.model_copy(update={"seed": seed, "set": settings, "base_config": str(base)})
    return sb.Sweep(spec, data=records, out=folder).run().state


def with_machine(table: pa.Table) -> pa.Table:
    """Return a table with a column for the machine, by whose speed its seconds are to be understood."""
    machine = f"{len(os.sched_getaffinity(0))} cores of {processor_name()}"
    return table.append_column("machine", pa.array([machine] * len(table)))


if __name__ == "__main__":
    raise SystemExit(main())
