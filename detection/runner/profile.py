"""A profile of a training run, measured on some of its own steps.

After the steps that compile, a few steps run under the profiler of the backend. After these, two kinds of steps
alternate, so that both are measured under the same conditions: steps that run as two programs (losses and
gradients, update), with a wait for the device after each, and steps that run as one program, with a wait at the
end. The profiled steps compute the same values as without the profile; they only take longer. The two programs
are compiled once.
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
"""One more step before them compiles the two programs and is not counted."""
TRACED_STEPS = 3

PROFILE_FOLDER = "profile"
TRACE_FILE = "trace.json"
SINGLE_PROGRAM = "step in one program"


@dataclass(frozen=True)
class PhaseTime:
    """The time of one phase.

    If there was only one evaluation, its time includes the compilation. The time of a checkpoint is how long
    training waits for it: the copy of the values, and the rest of the background write after the evaluation.

    Attributes:
        phase: The phase.
        seconds: The median duration.
        count: The number of measurements.
        per_step_s: The duration per training step, in seconds.
    """

    phase: Phase
    seconds: float
    count: int
    per_step_s: float


@dataclass(frozen=True)
class ProfileReport:
    """The time of each measured phase.

    Attributes:
        phases: The phases that were measured.
        single_program_step_s: The median seconds of a step as one program, None if none was measured. The
            phases of a step should add up to about this time.
        trace: The file with the timeline.
    """

    phases: tuple[PhaseTime, ...]
    single_program_step_s: float | None
    trace: Path

    def share(self, phase: PhaseTime) -> float:
        """Return the fraction of the total time that a phase takes."""
        return phase.per_step_s / sum(other.per_step_s for other in self.phases)


class RunProfile:
    """Measures one run.

    Args:
        directory: The folder of the run; the timeline is written to `profile/trace.json` in it.
        trace_directory: The folder for the trace of the backend's profiler.
    """

    def __init__(self, directory: Path, trace_directory: Path) -> None:
        self.timeline = Timeline()
        self._trace_file = directory / PROFILE_FOLDER / TRACE_FILE
        self._trace_directory = trace_directory
        self._device_trace = ExitStack()
        self._steps = 0

    def train(
        self, program: TrainStep, batch: Batch, step: int, scalars: NDArray[np.float32], *, requested_at: float
    ) -> None:
        """Run one training step, measured or not, depending on how many steps were run before.

        Args:
            program: The compiled steps.
            batch: The batch.
            step: The number of finished steps.
            scalars: The dynamic values of the step.
            requested_at: When the batch was requested, by `time.perf_counter`.
        """
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
            self.timeline.add(SINGLE_PROGRAM, requested_at)
        else:
            self.timeline.add(WAIT, requested_at)
            program.train_by_phases(batch, step, scalars, self.timeline)
            self.timeline.add(f"step {step + 1}", requested_at)

    def close(self) -> None:
        """Stop the backend's profiler if it is running, and write the timeline."""
        self._device_trace.close()
        self.timeline.write(self._trace_file)

    def report(self, *, evaluation_interval: int) -> ProfileReport:
        """Return the time of each phase; evaluations and checkpoints are spread over the steps between them."""
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
        single = self._seconds(SINGLE_PROGRAM)
        return ProfileReport(phases, median(single) if single else None, self._trace_file)

    def _train_traced(
        self, program: TrainStep, batch: Batch, step: int, scalars: NDArray[np.float32], number: int
    ) -> None:
        """Run a step under the backend's profiler; the first traced step starts it, the last one stops it."""
        if number == 1:
            self._device_trace.enter_context(device_trace(self._trace_directory))
        with self.timeline.span(f"step {step + 1}, in the device's trace"):
            program.train(batch, step, scalars)
            program.wait()
        if number == TRACED_STEPS:
            self._device_trace.close()

    def _seconds(self, name: str) -> list[float]:
        """Return the seconds of every span with a name; the first one usually includes a compilation."""
        return [span.seconds for span in self.timeline.spans if span.name == name]
