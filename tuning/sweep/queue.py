"""The queue of trials that wait to be run, and which of them the next free worker takes."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass
class _Waiting:
    trial: str
    program: str | None
    passed_over: int = 0


class TrialQueue:
    """A queue that gives a worker a trial whose program it holds, where one waits.

    Compiling a program can take longer than a trial. A trial is passed over at most `patience` times.
    """

    def __init__(self, *, patience: int) -> None:
        self._patience = patience
        self._queue: list[_Waiting] = []

    def __len__(self) -> int:
        """Return how many trials wait."""
        return len(self._queue)

    def add(self, trial: str, program: str | None) -> None:
        """Append a trial."""
        self._queue.append(_Waiting(trial, program))

    def take(self, *, held: Collection[str], elsewhere: Collection[str]) -> str:
        """Remove and return the trial for a worker that holds the programs `held`.

        Best is a program that the worker holds, then one that no worker holds, then one that other workers
        hold (`elsewhere`); of equals the first. ValueError where none waits.
        """
        best = min(range(len(self._queue)), key=lambda index: self._cost(self._queue[index], held, elsewhere))
        if self._queue[0].passed_over >= self._patience:
            best = 0
        for passed in self._queue[:best]:
            passed.passed_over += 1
        return self._queue.pop(best).trial

    @staticmethod
    def _cost(waiting: _Waiting, held: Collection[str], elsewhere: Collection[str]) -> int:
        if waiting.program in held:
            return 0
        return 2 if waiting.program in elsewhere else 1
