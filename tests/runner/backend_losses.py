"""The losses of a tiny run's first steps on the backend of this process.

    KERAS_BACKEND=jax python -m tests.runner.backend_losses RECORDS

Prints one line of JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.runner import RunSettings, TrainingRun
from tests.tiny import tiny_config


class EveryStepByPhases:
    """In the place of a run's profile: every step runs as two programs."""

    def __init__(self) -> None:
        self.timeline = Timeline()

    def train(self, program: Any, batch: Any, step: int, scalars: Any, *, requested_at: float) -> None:
        program.train_by_phases(batch, step, scalars, self.timeline)


def first_losses(records: Path) -> dict[str, Any]:
    """Evaluate, train two steps as one program and one as two, evaluate; return what each gave."""
    dataset = open_dataset(records)
    settings = RunSettings(
        config=tiny_config(),
        train_records=dataset.train,
        validation_records=dataset.validation,
        label_map=dataset.label_map,
        directory=Path("unused"),
        seed=3,
    )
    run = TrainingRun(settings)
    by_phases = EveryStepByPhases()
    try:
        losses = [_validation_losses(run), run.advance(1).losses, run.advance(1).losses]
        run.profile = by_phases  # type: ignore[assignment]  # it measures nothing, and has no other methods
        losses += [run.advance(1).losses, _validation_losses(run)]
    finally:
        run.close()
    spans = list(dict.fromkeys(str(span.name) for span in by_phases.timeline.spans))
    return {"losses": losses, "traces": run.traces, "spans": spans}


def _validation_losses(run: TrainingRun) -> dict[str, float]:
    metrics = run.evaluate()
    return {name: value for name, value in metrics.items() if name.startswith("loss/")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(first_losses(Path(sys.argv[1]))) + "\n")
