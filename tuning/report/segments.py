"""The report's part on a winner whose config changed in training."""

from sweepbox.tuning.report.markdown_text import plain, table
from sweepbox.tuning.storage.trial_record import Segment
from sweepbox.tuning.sweep.formatting import settings_text, value_text
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult


def segment_lines(state: SweepState, winner: TrialResult) -> list[str]:
    """Return a table of the winner's configs with the steps from which they hold; nothing of one config."""
    segments = state.chains.several(winner.id)
    if not segments:
        return []
    rows = ([str(item.step), plain(item.trial), plain(_settings(state, item))] for item in segments)
    return [
        "Its config changed in training, to those of other trials:",
        "",
        *table(["from step", "config of trial", "settings"], rows),
        "",
    ]


def _settings(state: SweepState, segment: Segment) -> str:
    """Return the settings of a segment, of which the record has the parameters alone if its trial is gone."""
    trial = next((item for item in state.trials if item.id == segment.trial), None)
    if trial is not None:
        return settings_text(trial)
    return ", ".join(f"{name}={value_text(value)}" for name, value in segment.parameters.items())
