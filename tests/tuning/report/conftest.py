"""Sweeps whose trials nobody trained, and what their pages are looked at with."""

import os
from pathlib import Path

import pytest

from experiments.benchmarks.generated_sweep import generate_sweep
from sweepbox.tuning.storage.folder import SweepFolder

from .detections import write_detections

ROOT = Path(__file__).parents[3]
AXE = "AXE_CORE"
"""The environment variable with the path of axe.min.js."""


@pytest.fixture(scope="session")
def finished_sweep(records: Path, tmp_path_factory: pytest.TempPathFactory) -> SweepFolder:
    """A sweep of 24 trials that has ended, with all that it writes at its end; do not write into it."""
    from sweepbox.tuning.report.markdown import write_outcome
    from sweepbox.tuning.sweep.reader import load_sweep

    folder = generate_sweep(records, tmp_path_factory.mktemp("finished") / "run", trials=24, matches=True)
    write_detections(load_sweep(folder.path))
    write_outcome(load_sweep(folder.path))
    return folder


@pytest.fixture(scope="session")
def running_sweep(records: Path, tmp_path_factory: pytest.TempPathFactory) -> SweepFolder:
    """A sweep that is under way; do not write into it."""
    return generate_sweep(records, tmp_path_factory.mktemp("running") / "run", trials=16, running=True)


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which finds what keeps people from using a page; skipped without it."""
    path = Path(os.environ.get(AXE) or ROOT / "node_modules" / "axe-core" / "axe.min.js")
    if not path.is_file():
        pytest.skip(f"there is no axe-core: `npm install axe-core`, or name its axe.min.js in {AXE}")
    return path.read_text()
