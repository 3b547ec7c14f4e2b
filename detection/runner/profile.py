"""Where the time of a training run goes, measured on some of its own steps.

After the steps that compile, a few run under the backend's own trace. Then steps that run as two programs
(losses and gradients, update) with a wait for the device after each take turns with steps that run as ever, but
with a wait at the end; so both see the same machine. All of them are steps of the run like any other, computed
from the same values by the same arithmetic; they only take longer. It costs the compilation of the two
programs, once.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.training.device_trace import device_trace
from sweepbox.detection.training.phases import TRANSFER, WAIT, Phase
from sweepbox.detection.training.step import TrainStep

COMPILING_STEPS = 2
PHASED_STEPS = 10
"""Before them one step more compiles the two programs and is not counted."""
TRACED_STEPS = 3

PROFILE_FOLDER = "profile"
TRACE_FILE = "trace.json"
WHOLE = "step in one program"


@dataclass(frozen=True)
class PhaseTime:
    """What a phase took: the median of its seconds, how often it was measured, and its seconds for each step.

    An evaluation that was the only one includes its compilation. A checkpoint counts with what training waits
    for: the copy of the values, and what the thread that writes them has left to do after the evaluation.
    """

    phase: Phase
    seconds: float
    times: int
    per_step_s: float


@dataclass(frozen=True)
class ProfileReport:
    """Where the time went; phases that were not measured are missing.

    `whole_step_s` is what a step takes as one program, None where none was measured: the phases of a step, in
    two programs, should come to about as much.
    """

    phases: tuple[PhaseTime, ...]
    whole_step_s: float | None
    trace: Path

    def share(self, phase: PhaseTime) -> float:
        """Return a phase's share of the time."""
        return phase.per_step_s / sum(other.per_step_s for other in self.phases)


class RunProfile:
    """Measures one run; `directory` is the run's folder, `trace_directory` gets the backend's trace."""

    def __init__(self, directory: Path, trace_directory: Path) -> None:
        self.timeline = Timeline()
        self._trace_file = directory / PROFILE_FOLDER / TRACE_FILE
        self._trace_directory = trace_directory
        self._device_trace = ExitStack()
        self._steps = 0

    def train(
        self, program: TrainStep, batch: Batch, step: int, scalars: NDArray[np.float32], *, asked_s: float
    ) -> None:
        """Run one training step in the way whose turn it is; `asked_s` is when the batch was asked for."""
        number = self._steps - COMPILING_STEPS
        self._steps += 1
        turn = number - TRACED_STEPS
        if number < 0 or turn > 2 * PHASED_STEPS:
            program.train(batch, step, scalars)
        elif turn < 0:
            self._train_traced(program, batch, step, scalars, number + 1)
        elif turn % 2:
            program.train(batch, step, scalars)
            program.wait()
            self.timeline.add(WHOLE, asked_s)
        else:
            self.timeline.add(WAIT, asked_s)
            program.train_by_phases(batch, step, scalars, self.timeline)
            self.timeline.add(f"step {step + 1}", asked_s)

    def close(self) -> None:
        """End the backend's trace where it is still on, and write the timeline."""
        self._device_trace.close()
        self.timeline.write(self._trace_file)

    def report(self, *, evaluation_interval: int) -> ProfileReport:
        """Return where the time went, with evaluation and checkpoint spread over the steps between them."""
        waits, transfers = self._seconds(WAIT), self._seconds(TRANSFER)
        inputs = [wait + transfer for wait, transfer in zip(waits, transfers, strict=True)]
        measured = {Phase.INPUT: (inputs[1:] or inputs, 1)}
        for phase in (Phase.GRADIENTS, Phase.UPDATE, Phase.EVALUATION):
            seconds = self._seconds(phase)
            measured[phase] = (seconds[1:] or seconds, evaluation_interval if phase is Phase.EVALUATION else 1)
        evaluations = len(self._seconds(Phase.EVALUATION))
        pauses = [sum(self._seconds(Phase.CHECKPOINT)) / max(evaluations, 1)] * evaluations
        measured[Phase.CHECKPOINT] = (pauses, evaluation_interval)
        phases = tuple(
            PhaseTime(phase, median(seconds), len(seconds), median(seconds) / steps)
            for phase, (seconds, steps) in measured.items()
            if seconds
        )
        whole = self._seconds(WHOLE)
        return ProfileReport(phases, median(whole) if whole else None, self._trace_file)

    def _train_traced(
        self, program: TrainStep, batch: Batch, step: int, scalars: NDArray[np.float32], number: int
    ) -> None:
        """Run a step under the backend's trace, which the first one starts and the last one ends."""
        if number == 1:
            self._device_trace.enter_context(device_trace(self._trace_directory))
        with self.timeline.span(f"step {step + 1}, in the device's trace"):
            program.train(batch, step, scalars)
            program.wait()
        if number == TRACED_STEPS:
            self._device_trace.close()

    def _seconds(self, name: str) -> list[float]:
        """Return the seconds of every span of a name; as a rule the first compiled something."""
        return [span.seconds for span in self.timeline.spans if span.name == name]
