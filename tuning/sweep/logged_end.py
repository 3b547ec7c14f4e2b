"""Tells the loggers of trials that a sweep has ended."""

import logging
from collections.abc import Callable

from sweepbox.tuning.loggers.logger import LoggedEnd
from sweepbox.tuning.loggers.table import log_end
from sweepbox.tuning.sweep.state import SweepState

logger = logging.getLogger(__name__)


def tell_end(state: SweepState, notify: Callable[[str], None]) -> None:
    """Tell the loggers the states of all trials and the winner; one that fails is told to the user."""
    states = {trial.id: trial.state for trial in state.trials}
    winner = None if state.winner is None else state.winner.trial
    for line in log_end(state.spec.loggers, LoggedEnd(state.folder, state.spec.name, states, winner)):
        logger.warning(line)
        notify(f"warning: {line}")
