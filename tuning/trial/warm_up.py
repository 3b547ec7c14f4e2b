"""The warm-up of one program: compile, a few steps, a part of an evaluation, a checkpoint."""

import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.core.device_memory import peak_memory
from sweepbox.tuning.budget.rehearsal import WarmUp

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings, TrainingRun
    from sweepbox.detection.training.reports import ValidationProgress

STEPS = 5
LEAST_S = 1.0
"""Steps are timed for at least this long."""
MOST_STEPS = 100
PART_S = 15.0
"""An evaluation is left after this time."""
LEAST_BATCHES = 3


class _EnoughError(Exception):
    """Enough of an evaluation was timed."""


def warm_up(settings: "RunSettings") -> WarmUp:
    """Train and evaluate a run for a short time and return what it takes; its folder is left empty.

    Raises the errors of `TrainingRun`.
    """
    from sweepbox.detection.runner import TrainingRun

    began = time.monotonic()
    run = TrainingRun(settings)
    run.advance(1)
    _evaluate(run, most_s=0.0, least_batches=1)
    compile_s = time.monotonic() - began
    step_s = _step_s(run)
    evaluation_s, is_whole = _evaluate(run, most_s=PART_S, least_batches=LEAST_BATCHES)
    checkpoint_s, weights_bytes, state_bytes = _checkpoint(run, settings.directory)
    memory = peak_memory()
    run.close()
    return WarmUp(compile_s, step_s, evaluation_s, is_whole, checkpoint_s, weights_bytes, state_bytes, memory)


def _step_s(run: "TrainingRun") -> float:
    """Return the seconds of a step, within the steps of the run."""
    began, done = time.monotonic(), 0
    while done < MOST_STEPS and (done == 0 or time.monotonic() - began < LEAST_S):
        steps = min(STEPS, run.total_steps - run.step)
        if steps < 1:
            break
        run.advance(steps)
        done += steps
    return (time.monotonic() - began) / max(done, 1)


def _evaluate(run: "TrainingRun", *, most_s: float, least_batches: int) -> tuple[float, bool]:
    """Return the seconds of an evaluation, and whether it was timed whole."""
    began, batches, fraction = time.monotonic(), 0, 1.0

    def on_batch(progress: "ValidationProgress") -> None:
        nonlocal batches, fraction
        batches += 1
        if batches >= least_batches and time.monotonic() - began > most_s and progress.images < progress.total:
            fraction = progress.images / progress.total
            raise _EnoughError

    with suppress(_EnoughError):
        run.evaluate(on_batch=on_batch)
    return (time.monotonic() - began) / fraction, fraction == 1.0


def _checkpoint(run: "TrainingRun", parent: Path) -> tuple[float, int, int]:
    """Return the seconds to write a state, and the bytes of the weights and of the whole state."""
    with TemporaryDirectory(dir=parent) as folder:
        state = Path(folder) / "state"
        began = time.monotonic()
        run.save(state)
        seconds = time.monotonic() - began
        files = [path.stat().st_size for path in state.rglob("*") if path.is_file()]
        return seconds, (state / WEIGHTS_FILE).stat().st_size, sum(files)
