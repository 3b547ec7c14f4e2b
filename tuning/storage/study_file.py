"""The trials as an Optuna study in a SQLite file, for optuna-dashboard; the search never reads it.

The file holds the records of the trials once more, so it is never repaired: it is written anew, whole, by each
process that runs the sweep. One transaction brings any number of trials in step. Optuna's own storage takes
some thirty queries for each trial, 18 ms of a core; here a trial takes less than one.

What is used of Optuna, and held by `tests/tuning/storage/test_study_file.py`:

- `optuna.storages.RDBStorage` makes the tables; `optuna.create_study` and the storage's
  `get_study_id_from_name` and `set_study_system_attr` with the key `METRIC_NAMES` (not public) the study;
- `FrozenTrial`: `number`, `state`, `values`, `params`, `distributions`, `intermediate_values`, `system_attrs`,
  `datetime_start`, `datetime_complete`;
- `BaseDistribution.to_internal_repr` and `optuna.distributions.distribution_to_json`;
- the tables (not public): `studies.study_id`, `trials` and the columns of `COLUMNS`, of which Optuna 5 has
  schema 12, revision `v3.2.0.a`; states by their names, times as SQLAlchemy writes them.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

LOCK_TIMEOUT_S = 10.0
"""How long another process may hold the file."""

COLUMNS = {
    "trial_values": ("objective", "value", "value_type"),
    "trial_params": ("param_name", "param_value", "distribution_json"),
    "trial_user_attributes": ("key", "value_json"),
    "trial_system_attributes": ("key", "value_json"),
    "trial_intermediate_values": ("step", "intermediate_value", "intermediate_value_type"),
}
"""The tables that hold rows of a trial, beside its key `trial_id`."""

METRIC_NAMES = "study:metric_names"
"""The attribute of a study that names its scores; `Study.set_metric_names` warns that it is experimental."""

FINITE = "FINITE"
"""The type of a score that is a number."""


@dataclass(frozen=True)
class StudyTrial:
    """A trial as dashboards show it: as the sampler sees it, with `metadata` (values of JSON) for people.

    Times are seconds since the epoch; without `started` the time of the suggestion is shown.
    """

    trial: "FrozenTrial"
    metadata: Mapping[str, Any]
    started: float | None = None
    ended: float | None = None

    @property
    def times(self) -> tuple[datetime | None, datetime | None]:
        """When it began and ended, in local time, as Optuna has it."""
        suggested = self.trial.datetime_start
        began = suggested if self.started is None else datetime.fromtimestamp(self.started)
        ended = None
        if self.trial.state.is_finished():
            ended = self.trial.datetime_complete if self.ended is None else datetime.fromtimestamp(self.ended)
        return began, ended


@dataclass(frozen=True)
class StudyFile:
    """An Optuna study in a SQLite file; `metrics` and `directions` have one entry for each score."""

    path: Path
    name: str
    metrics: Sequence[str]
    directions: Sequence[Literal["maximize", "minimize"]]

    def rewrite(self, trials: Iterable[StudyTrial]) -> None:
        """Write the study anew with the trials, in the order of their numbers, whatever the file holds.

        Programs that read the file see the old study or the new one. sqlite3.Error or OSError where the file
        cannot be written.
        """
        with closing(self._new_study()) as memory:
            with memory:
                _write(memory, trials)
            try:
                self._copy(memory)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:  # what is there is no database
                for damaged in (self.path, self.path.with_name(f"{self.path.name}-journal")):
                    damaged.unlink(missing_ok=True)
                self._copy(memory)

    def update(self, trials: Iterable[StudyTrial]) -> None:
        """Write trials that are new or have changed, all or none; `rewrite` has written the others.

        sqlite3.Error where the file cannot be written.
        """
        with closing(self._connect()) as file, file:
            _write(file, trials)

    def _connect(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.path, timeout=LOCK_TIMEOUT_S)
        file.execute("PRAGMA synchronous = OFF")  # a file that a power cut tears is written anew
        return file

    def _new_study(self) -> sqlite3.Connection:
        """Return a database in memory with Optuna's tables and a study without trials."""
        import optuna
        from optuna.storages import RDBStorage
        from sqlalchemy.pool import StaticPool

        memory = sqlite3.connect(":memory:", check_same_thread=False)
        engine = {"creator": lambda: memory, "poolclass": StaticPool}
        storage = RDBStorage("sqlite://", engine_kwargs=engine)
        optuna.create_study(storage=storage, study_name=self.name, directions=list(self.directions))
        study_id = storage.get_study_id_from_name(self.name)
        storage.set_study_system_attr(study_id, METRIC_NAMES, list(self.metrics))
        return memory

    def _copy(self, memory: sqlite3.Connection) -> None:
        """Copy a database over the file, in one transaction."""

        def stop_waiting(status: int, _remaining: int, _total: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise sqlite3.OperationalError(f"locked for {LOCK_TIMEOUT_S:g} s")

        with closing(self._connect()) as file:
            memory.backup(file, progress=stop_waiting)


def _write(database: sqlite3.Connection, trials: Iterable[StudyTrial]) -> None:
    """Replace the rows of some trials."""
    (study_id,) = database.execute("SELECT study_id FROM studies").fetchone()
    for item in trials:
        trial_id = item.trial.number + 1
        database.execute(
            "INSERT OR REPLACE INTO trials"
            " (trial_id, number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?, ?)",
            (trial_id, item.trial.number, study_id, item.trial.state.name, *_times(item)),
        )
        rows = _rows(item)
        for table, columns in COLUMNS.items():
            database.execute(f"DELETE FROM {table} WHERE trial_id = ?", (trial_id,))  # noqa: S608 - a constant
            database.executemany(
                f"INSERT INTO {table} (trial_id, {', '.join(columns)})"  # noqa: S608 - constants
                f" VALUES (?{', ?' * len(columns)})",
                ((trial_id, *row) for row in rows[table]),
            )


def _rows(item: StudyTrial) -> dict[str, Iterator[tuple[Any, ...]]]:
    """Return a trial's rows of each table."""
    from optuna.distributions import distribution_to_json

    trial = item.trial
    return {
        "trial_values": ((index, value, FINITE) for index, value in enumerate(trial.values or ())),
        "trial_params": (
            (name, distribution.to_internal_repr(trial.params[name]), distribution_to_json(distribution))
            for name, distribution in trial.distributions.items()
        ),
        "trial_user_attributes": ((name, json.dumps(value)) for name, value in item.metadata.items()),
        "trial_system_attributes": ((name, json.dumps(value)) for name, value in trial.system_attrs.items()),
        "trial_intermediate_values": (
            (evaluation, score, FINITE) for evaluation, score in trial.intermediate_values.items()
        ),
    }


def _times(item: StudyTrial) -> tuple[str | None, str | None]:
    began, ended = item.times
    return _text_of(began), _text_of(ended)


def _text_of(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(sep=" ", timespec="microseconds")
