"""Examines the winner's detections where `detector.json` is missing or is not that of the winner."""

import os
from collections.abc import Callable

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.report.detector.section import detector_report_of, winner_trial
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.process import prepare_process


def examine_if_missing(
    state: SweepState, *, on_progress: Callable[[int, int], None] | None = None
) -> str | None:
    """Write `detector.json` of the winner unless it is there; return a line for the user where it cannot be.

    This process loads Keras with the sweep's backend, and uses a GPU where the sweep's trials do. While the
    sweep runs nothing is examined, so that its trials are not slowed down.

    Args:
        state: The sweep.
        on_progress: Called with the number of predicted images and their total.
    """
    trial_id = winner_trial(state)
    if trial_id is None or detector_report_of(state) is not None:
        return None
    if state.running:
        return "the winner's detections are examined when the sweep has ended"
    # Loaded here, since a report that has the section needs none of it.
    from sweepbox.tuning.report.detector.examine import examine_detector

    try:
        prepare_process(
            cpus=os.cpu_count() or 1,
            gpus=state.spec.resources_per_trial.gpu,
            backend=Backend(state.spec.backend),
        )
        examine_detector(state.folder, state.spec, trial_id, on_progress=on_progress)
    except (SweepboxError, OSError) as error:
        return f"the winner's detections are not examined: {str(error).splitlines()[0]}"
    return None
