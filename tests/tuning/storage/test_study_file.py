"""The study's file as Optuna and its dashboard read it, and what of Optuna it relies on."""

import inspect
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import Augmentation, Distribution
from sweepbox.tuning.storage import study_file
from sweepbox.tuning.storage.study_file import COLUMNS, METRIC_NAMES, StudyFile, StudyTrial

SPACE = Space(
    {
        "learning_rate": Distribution(log_uniform=[1e-4, 1e-2]),
        "warmup_steps": Distribution(integer=[10, 30], step=5),
        "optimizer": Distribution(choice=["momentum", "adam"]),
    },
    {"random_adjust_hue": Augmentation.model_validate({"max_delta": {"uniform": [0.1, 0.2]}})},
)
PARAMETERS = {"learning_rate": 1e-3, "warmup_steps": 15, "optimizer": "adam", "random_adjust_hue": False}
METADATA = {"trial": "0000", "metrics": {"mAP": 0.5, "AP/with mask": 0.25}}
STARTED, ENDED = 1_800_000_000.25, 1_800_000_060.5


@pytest.fixture
def file(tmp_path: Path) -> StudyFile:
    return StudyFile(tmp_path / "study.sqlite3", "mine", ["mAP"], ["maximize"])


def observation(number: int, state: ObservedState) -> Observation:
    scores = (0.5,) if state is ObservedState.FINISHED else ()
    return Observation(
        number, PARAMETERS, state, scores, {1: 0.25, 2: 0.5}, {"AP/rare": -0.1}, {"trial": {"tpe:x": "y"}}
    )


STATES = [
    ObservedState.FINISHED,
    ObservedState.STOPPED_EARLY,
    ObservedState.FAILED,
    ObservedState.RUNNING,
]


def trials(count: int = 4) -> list[StudyTrial]:
    observations = [observation(number, STATES[number % 4]) for number in range(count)]
    suggestions = Suggestions(TPE(), SPACE, seed=1, observations=observations)
    return [StudyTrial(suggestions.trial(number), METADATA, STARTED, ENDED) for number in range(count)]


def load(file: StudyFile) -> optuna.Study:
    return optuna.load_study(study_name="mine", storage=f"sqlite:///{file.path}")


def test_optuna_reads_what_was_written(file: StudyFile) -> None:
    written = trials()
    file.rewrite(written)
    study = load(file)
    assert study.directions == [optuna.study.StudyDirection.MAXIMIZE]
    assert study.metric_names == ["mAP"]
    assert study.best_trial.number == 0
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED", "FAIL", "RUNNING"]
    for read, item in zip(study.trials, written, strict=True):
        assert_equal(read, item.trial)
        assert read.user_attrs == METADATA
        assert read.datetime_start is not None
        assert read.datetime_start.timestamp() == STARTED
    ends = [trial.datetime_complete and trial.datetime_complete.timestamp() for trial in study.trials]
    assert ends == [ENDED, ENDED, ENDED, None]


def assert_equal(read: FrozenTrial, written: FrozenTrial) -> None:
    for name in ("number", "state", "values", "params", "distributions", "intermediate_values", "system_attrs"):
        assert getattr(read, name) == getattr(written, name), name
    assert read.constraints == {"AP/rare": -0.1}


def test_optuna_goes_on_with_the_study(file: StudyFile) -> None:
    file.rewrite(trials())
    study = load(file)
    study.optimize(lambda trial: float(len(SPACE.suggest(trial))), n_trials=2)
    assert [trial.state for trial in load(file).trials[4:]] == [TrialState.COMPLETE] * 2


def test_an_update_writes_new_and_changed_trials(file: StudyFile) -> None:
    suggestions = Suggestions(TPE(), SPACE, seed=1)
    suggestions.suggest()
    file.rewrite([StudyTrial(suggestions.trial(0), {})])
    suggestions.report(0, 1, 0.25)
    suggestions.close(0, ObservedState.FINISHED, scores=(0.25,))
    suggestions.suggest()
    file.update([StudyTrial(suggestions.trial(number), METADATA) for number in (0, 1)])
    first, second = load(file).trials
    assert (first.state, first.value, first.intermediate_values) == (TrialState.COMPLETE, 0.25, {1: 0.25})
    assert (first.user_attrs, second.state) == (METADATA, TrialState.RUNNING)
    assert first.duration is not None


def test_several_scores_are_written(tmp_path: Path) -> None:
    file = StudyFile(tmp_path / "study.sqlite3", "mine", ["mAP", "loss/total"], ["maximize", "minimize"])
    suggestions = Suggestions(TPE(), SPACE, seed=1, directions=["maximize", "minimize"])
    suggestions.suggest()
    suggestions.close(0, ObservedState.FINISHED, scores=(0.25, 1.5))
    file.rewrite([StudyTrial(suggestions.trial(0), {})])
    assert load(file).metric_names == ["mAP", "loss/total"]
    assert [trial.values for trial in load(file).best_trials] == [[0.25, 1.5]]


OLD_SCHEMA = "UPDATE alembic_version SET version_num = 'v2.6.0.a'; DROP TABLE trial_intermediate_values"


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None], ids=["empty", "garbage", "older schema"])
def test_whatever_is_in_the_file_is_replaced(file: StudyFile, content: bytes | None) -> None:
    if content is None:
        file.rewrite(trials(8))
        with closing(sqlite3.connect(file.path)) as database:
            database.executescript(OLD_SCHEMA)
    else:
        file.path.write_bytes(content)
    file.rewrite(trials(4))
    assert len(load(file).trials) == 4


def test_a_reader_that_is_connected_sees_the_new_study(file: StudyFile) -> None:
    file.rewrite(trials(8))
    study = load(file)
    assert len(study.trials) == 8
    inode = file.path.stat().st_ino
    file.rewrite(trials(12))
    assert len(study.trials) == 12
    assert file.path.stat().st_ino == inode


@pytest.mark.parametrize("write", ["rewrite", "update"])
def test_a_file_that_another_process_holds_is_an_error(
    file: StudyFile, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.rewrite(trials())
    monkeypatch.setattr(study_file, "LOCK_TIMEOUT_S", 0.2)
    with closing(sqlite3.connect(file.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            getattr(file, write)(trials())
    getattr(file, write)(trials())


def test_the_dashboard_shows_the_study(file: StudyFile) -> None:
    dashboard: Any = pytest.importorskip("optuna_dashboard")
    file.rewrite(trials())
    application = dashboard.wsgi(RDBStorage(f"sqlite:///{file.path}"))
    studies = answer(application, "/api/studies")
    assert [summary["study_name"] for summary in studies["study_summaries"]] == ["mine"]
    study = answer(application, f"/api/studies/{studies['study_summaries'][0]['study_id']}")
    assert study["objective_names"] == ["mAP"]
    assert [trial["state"] for trial in study["trials"]] == ["Complete", "Pruned", "Fail", "Running"]
    assert study["trials"][0]["values"] == [0.5]
    assert {item["name"]: item["param_external_value"] for item in study["trials"][0]["params"]} == {
        name: str(value) for name, value in PARAMETERS.items()
    }


def answer(application: Any, path: str) -> Any:
    """Return what a web application answers to a GET request, as JSON."""
    from wsgiref.util import setup_testing_defaults

    environment: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": "after=0"}
    setup_testing_defaults(environment)
    statuses: list[str] = []
    body: Iterator[bytes] = application(environment, lambda status, *_: statuses.append(status))
    text = b"".join(body)
    assert statuses == ["200 OK"], text
    return json.loads(text)


def test_optunas_tables_are_those_that_are_written(tmp_path: Path) -> None:
    """Optuna itself writes a trial; its rows are the ones that the file's docstring names."""
    storage = RDBStorage(f"sqlite:///{tmp_path / 'theirs.sqlite3'}")
    assert storage.get_current_version() == storage.get_head_version() == "v3.2.0.a"
    study_id = storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE], "mine")
    storage.set_study_system_attr(study_id, METRIC_NAMES, ["mAP"])
    for item in trials():
        item.trial.user_attrs = METADATA
        storage.create_new_trial(study_id, template_trial=item.trial)
    ours = StudyFile(tmp_path / "ours.sqlite3", "mine", ["mAP"], ["maximize"])
    ours.rewrite([StudyTrial(item.trial, METADATA) for item in trials()])
    with (
        closing(sqlite3.connect(tmp_path / "theirs.sqlite3")) as one,
        closing(sqlite3.connect(ours.path)) as two,
    ):
        for table in ("version_info", "alembic_version", "studies", "study_directions", *COLUMNS):
            assert rows(one, table) == rows(two, table)
        times = "datetime_start, datetime_complete"
        for database in (one, two):
            assert columns(database, "trials") == [
                "trial_id",
                "number",
                "study_id",
                "state",
                *times.split(", "),
            ]
        states = "SELECT trial_id, number, study_id, state FROM trials"
        assert one.execute(states).fetchall() == two.execute(states).fetchall()
        lengths = "SELECT length(datetime_start), length(datetime_complete) FROM trials"
        assert one.execute(lengths).fetchall() == two.execute(lengths).fetchall()


def rows(database: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table without its own key."""
    names = columns(database, table)
    if table in COLUMNS:
        assert names[1:] == ["trial_id", *COLUMNS[table]]
        names = names[1:]
    selected = ", ".join(f'"{name}"' for name in names)
    found = database.execute(f"SELECT {selected} FROM {table}").fetchall()  # noqa: S608 - constants
    return sorted(found, key=repr)


def columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (optuna.create_study, {"storage", "study_name", "directions"}),
        (RDBStorage.__init__, {"url", "engine_kwargs"}),
        (RDBStorage.get_study_id_from_name, {"study_name"}),
        (RDBStorage.set_study_system_attr, {"study_id", "key", "value"}),
        (optuna.distributions.BaseDistribution.to_internal_repr, {"param_value_in_external_repr"}),
        (optuna.distributions.distribution_to_json, {"dist"}),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_optunas_functions_take_what_they_are_given(function: Any, parameters: set[str]) -> None:
    assert parameters <= inspect.signature(function).parameters.keys()


def test_optunas_trials_have_what_is_read() -> None:
    trial = trials(1)[0].trial
    for name in ("number", "state", "values", "params", "distributions", "intermediate_values", "system_attrs"):
        assert hasattr(trial, name)
        assert name in str(study_file.__doc__)
