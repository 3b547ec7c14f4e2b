"""The trials of a sweep at one moment, as a sequence and as a table."""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from sweepbox.detection.core.errors import UsageError
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

if TYPE_CHECKING:
    import pandas


class Trials(Sequence[TrialResult]):
    """The trials of a sweep when they were read, in the order in which they were suggested.

    Example:
        >>> trials = sb.Sweep.open("runs/tiny").trials
        >>> len(trials)
        2
        >>> trials[0].id, str(trials[0].state)
        ('0000', 'finished')
        >>> sorted(trials[0].status.parameters)
        ['focal_gamma', 'learning_rate']
        >>> trials["0001"].best.step
        2
    """

    def __init__(self, state: SweepState) -> None:
        self._state = state

    def __len__(self) -> int:
        """Return the number of trials that were begun."""
        return len(self._state.trials)

    @overload
    def __getitem__(self, which: int | str) -> TrialResult: ...

    @overload
    def __getitem__(self, which: slice) -> tuple[TrialResult, ...]: ...

    def __getitem__(self, which: int | str | slice) -> TrialResult | tuple[TrialResult, ...]:
        """Return a trial by its position or id, or several by a slice; SweepError for an unknown id."""
        if isinstance(which, str):
            return self._state.trial(which)
        return self._state.trials[which]

    def __iter__(self) -> Iterator[TrialResult]:
        """Return the trials one by one."""
        return iter(self._state.trials)

    def __repr__(self) -> str:
        """Return the sweep and the trials' states."""
        states = ", ".join(f"{trial.id} {trial.state}" for trial in self._state.trials)
        return f"Trials({self._state.spec.name}: {states})"

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a table with one row for each evaluation of each trial.

        Columns: trial, state, evaluation, step, seconds, `metrics.NAME`, `parameters.NAME` and more: those of
        the sweep's results.parquet.

        Raises:
            UsageError: Pandas is not installed.

        Example:
            >>> table = sb.Sweep.open("runs/tiny").trials.to_pandas()
            >>> table[["trial", "step"]].values.tolist()
            [['0000', 2], ['0001', 2]]
            >>> table["metrics.mAP@.50"].between(0, 1).all()
            np.True_
        """
        if importlib.util.find_spec("pandas") is None:
            raise UsageError("to_pandas: pandas is not installed here; pip install 'sweepbox[pandas]'")
        from sweepbox.tuning.sweep.results_table import results_table

        return results_table(self._state).to_pandas()
