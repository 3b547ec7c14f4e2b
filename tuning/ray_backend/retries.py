"""What becomes of a trial that Ray could not bring to an end: it is tried again, or it ends."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

MAX_RETRIES = 2
"""How often a trial whose process died is resumed from its saved state before it counts as failed."""
MAX_MOVES = 50
"""The same for a trial whose machine was taken away."""


class Cause(StrEnum):
    """Why Ray could not bring a trial to its end."""

    MEMORY = "memory"
    HANG = "hang"
    MACHINE = "machine"
    DEATH = "death"


@dataclass(frozen=True)
class Failure:
    """The cause, and one line on it."""

    cause: Cause
    line: str


class Retries:
    """Counts how often each trial failed in this process of the sweep."""

    def __init__(self) -> None:
        self._failures: Counter[tuple[str, bool]] = Counter()

    def allows(self, trial_id: str, cause: Cause) -> bool:
        """Count a failure of a trial, and return whether it is tried again.

        A machine that is taken away is no fault of the trial, and counted apart. How often memory ran out is
        counted in the trial's record.
        """
        is_move = cause is Cause.MACHINE
        self._failures[trial_id, is_move] += 1
        return self._failures[trial_id, is_move] <= (MAX_MOVES if is_move else MAX_RETRIES)
