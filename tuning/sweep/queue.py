"""Trials that wait to be run, and which of them the next free place takes."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass
class _Waiting:
    trial: str
    program: str | None
    passed_over: int = 0


class WaitingTrials:
    """A queue that hands a place a trial whose program the place holds, out of those that wait.

    Compiling a program can take longer than a trial. A trial is passed over at most `patience` times.
    """

    def __init__(self, *, patience: int) -> None:
        """Begin empty."""
        self._patience = patience
        self._queue: list[_Waiting] = []

    def __len__(self) -> int:
        """Return how many trials wait."""
        return len(self._queue)

    @property
    def programs(self) -> tuple[str | None, ...]:
        """The programs of the trials that wait, in their order."""
        return tuple(waiting.program for waiting in self._queue)

    def add(self, trial: str, program: str | None) -> None:
        """Take in a trial, after those that wait already."""
        self._queue.append(_Waiting(trial, program))

    def take(self, *, held: Collection[str], elsewhere: Collection[str]) -> str:
        """Return the trial for a place that holds the programs `held`; other places hold those `elsewhere`.

        Best is a program that the place holds, then one that no place holds, whose trials need one anyway; of
        equals the first. ValueError where none waits.
        """
        best = min(range(len(self._queue)), key=lambda place: self._cost(self._queue[place], held, elsewhere))
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
