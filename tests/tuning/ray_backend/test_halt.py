"""What a driver does with a cause outside its trials: stop once, keep the trials, say one line."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray import cloudpickle

from sweepbox.detection.core.errors import DataError, SweepError, UnavailableError
from sweepbox.tuning.ray_backend.callback import ManagerCallback
from sweepbox.tuning.ray_backend.halt import OUTSIDE, Halt
from sweepbox.tuning.ray_backend.retries import MAX_RETRIES
from sweepbox.tuning.ray_backend.trainable import OUTSIDE_CAUSE, TRIAL_KEY
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/disk/state.json")


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return SweepFolder(tmp_path)


def test_the_first_cause_counts_and_all_trials_are_asked_to_end(folder: SweepFolder) -> None:
    halt = Halt(folder)
    with pytest.raises(UnavailableError) as error, halt.raised():
        halt.stop("trial 0001: the records are gone")
        halt.stop("trial 0002: the records are gone")
    assert folder.stop_reason() == OUTSIDE
    assert str(error.value) == (
        f"{folder.path}: the sweep stops, its trials are kept: trial 0001: the records are gone; then resume "
        f"it with `{folder.resume_command}`"
    )


@pytest.mark.parametrize("error", [FULL, RuntimeError("write: No space left on device")])
def test_an_error_of_the_driver_with_such_a_cause_is_one_line(folder: SweepFolder, error: Exception) -> None:
    full = pytest.raises(UnavailableError, match="No space left on device; free some space")
    with full as raised, Halt(folder).raised():
        raise error
    assert "\n" not in str(raised.value)


def test_it_is_found_behind_the_text_that_ray_makes_of_it(folder: SweepFolder) -> None:
    from ray.tune import TuneError

    def step() -> None:
        try:
            raise SweepError("0001/state.json: damaged")
        except SweepError:
            raise TuneError("Traceback (most recent call last): …")  # noqa: B904 - as Ray does

    with pytest.raises(UnavailableError, match=r"0001/state\.json: damaged"), Halt(folder).raised():
        step()


@pytest.mark.parametrize("error", [SweepError("all 2 trials failed"), DataError("gone"), KeyError("x")])
def test_other_errors_are_left_as_they_are(folder: SweepFolder, error: Exception) -> None:
    with pytest.raises(type(error)) as raised, Halt(folder).raised():
        raise error
    assert raised.value is error


class Trials:
    """Remembers how each trial was put away."""

    def __init__(self) -> None:
        self.put_away: list[tuple[str, str]] = []

    def leave(self, trial_id: str) -> Any:
        self.put_away.append(("left", trial_id))

    def close(self, trial_id: str, *, error: str | None = None) -> Any:
        self.put_away.append(("closed", trial_id))
        return SimpleNamespace(state=TrialState.FAILED, error=error)


def put_away(folder: SweepFolder, problem: Exception | None, **trial: Any) -> tuple[str, str | None]:
    """Return how a callback puts a trial away, and the cause that stops the sweep."""

    def check() -> None:
        if problem is not None:
            raise problem

    trials, halt = Trials(), Halt(folder)
    watch = SimpleNamespace(check=lambda **_patience: None)
    callback = ManagerCallback(  # stand-ins
        trials,  # type: ignore[arg-type]
        SimpleNamespace(retry=lambda trial_id: trials.put_away.append(("retried", trial_id))),  # type: ignore[arg-type]
        watch=watch,  # type: ignore[arg-type]
        halt=halt,
        check_ready=check,
        machines=SimpleNamespace(  # type: ignore[arg-type]
            is_gone=lambda _id: False, killed_for_memory=lambda _id: False
        ),
        hangs=SimpleNamespace(ended=lambda _id: None),  # type: ignore[arg-type]
    )
    given = SimpleNamespace(config={TRIAL_KEY: "0003"}, last_result=trial.get("result"))
    if "error" in trial:
        given.pickled_error_file = folder.path / "error.pkl"
        given.pickled_error_file.write_bytes(cloudpickle.dumps(trial["error"]))
        for _ in range(trial.get("times", 1)):
            callback.on_trial_error(trial=given)
    else:
        callback.on_trial_complete(trial=given)
    *retries, (how, _) = trials.put_away
    assert set(retries) <= {("retried", "0003")}
    return how, halt.cause


def test_a_trial_that_reports_such_a_cause_is_left(folder: SweepFolder) -> None:
    assert put_away(folder, None, result={OUTSIDE_CAUSE: "gone"}) == ("left", "gone")
    assert put_away(folder, None, result={}) == ("closed", None)
    assert put_away(folder, None, result=None) == ("closed", None)


def test_a_trial_whose_process_dies_fails_only_where_others_can_run(folder: SweepFolder) -> None:
    died = RuntimeError("the worker died")
    assert put_away(folder, None, error=died) == ("retried", None)
    assert put_away(folder, None, error=died, times=MAX_RETRIES + 1) == ("closed", None)
    assert put_away(folder, DataError("train.record: gone"), error=died) == ("left", "train.record: gone")
    how, cause = put_away(folder, FULL, error=died)
    assert (how, cause) == ("left", "/disk/state.json: No space left on device; free some space")
    assert put_away(folder, None, error=FULL)[0] == "left"


def test_where_the_request_to_stop_cannot_be_written_the_driver_ends_at_once(tmp_path: Path) -> None:
    away = SweepFolder(tmp_path / "file" / "run")
    (tmp_path / "file").touch()
    halt = Halt(away)
    with pytest.raises(UnavailableError, match="trial 0001: the disk is away"), halt.raised():
        halt.stop("trial 0001: the disk is away")
