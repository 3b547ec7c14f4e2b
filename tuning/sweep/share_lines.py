"""The measured share of a trial, as status and report show it."""

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.memory_record import MemoryRecord, read_memory
from sweepbox.tuning.sweep.packing import share_text
from sweepbox.tuning.sweep.state import SweepState


def measured_memory(state: SweepState) -> MemoryRecord | None:
    """Return what a sweep's programs take; None where it was not measured or cannot be read."""
    if not state.spec.resources_per_trial.auto:
        return None
    try:
        return read_memory(state.folder)
    except (SweepError, OSError):
        return None


def share_lines(state: SweepState) -> list[str]:
    """Return a line on the share of a trial where it was measured, else none."""
    record = measured_memory(state)
    return [] if record is None else [f"share of a trial: {share_text(record, state.spec.resources_per_trial)}"]
