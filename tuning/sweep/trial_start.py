"""A new training run from a trial of a sweep: its config, the weights of its best evaluation, its data."""

from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.errors import SweepError, UsageError
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.remote.content import have_content
from sweepbox.tuning.storage.remote.reader import local_sweep
from sweepbox.tuning.sweep.reader import load_sweep

FORM = "give the sweep's folder and the trial, such as runs/mine:0004"


@dataclass(frozen=True)
class TrialStart:
    """What a run takes over from a trial.

    Attributes:
        config: The trial's config.
        checkpoint: The checkpoint folder of its best evaluation.
        data: The folder of the sweep's records; None where other data is given.
    """

    config: Path
    checkpoint: Path
    data: Path | None


def trial_start(named: str, *, needs_data: bool) -> TrialStart:
    """Return what a run takes over from the trial `RUN:ID`.

    Raises:
        UsageError: The text has another form.
        SweepError: There is no such sweep or trial, its checkpoint was not kept, or its data is gone.
    """
    path, colon, trial_id = named.rpartition(":")
    if not colon or not path or not trial_id:
        raise UsageError(f"--from-trial {named}: {FORM}")
    state = load_sweep(local_sweep(path))
    trial = state.folder.trial(state.trial(trial_id).id)
    if not trial.best.is_dir():
        raise SweepError(
            f"{trial.best}: the trial's checkpoint is not there: a sweep keeps those of its best "
            f"{state.spec.keep_checkpoints} trials; name one of these, or raise keep_checkpoints"
        )
    have_content(trial.best)
    data = open_sweep_data(state.folder, state.spec).directory if needs_data else None
    return TrialStart(trial.config, trial.best, data)
