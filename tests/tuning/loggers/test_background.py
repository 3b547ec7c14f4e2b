"""A logger in a thread of its own: slow ones do not slow the trial, and errors arrive."""

import threading
import time

import pytest

from sweepbox.tuning.loggers import background
from sweepbox.tuning.loggers.background import BackgroundLogger
from sweepbox.tuning.storage.trial_record import Evaluation
from tests.tuning.loggers.conftest import evaluation, step_report


class Recorder:
    """Records what it is told, and by which thread; waits for `go` and raises at `fails`."""

    def __init__(self, go: threading.Event, fails: str = "") -> None:
        self.told: list[str] = []
        self.threads: set[str] = set()
        self._go = go
        self._fails = fails
        self._on("begin")

    def _on(self, what: str) -> None:
        assert self._go.wait(20)
        self.threads.add(threading.current_thread().name)
        self.told.append(what)
        if what == self._fails:
            raise RuntimeError(f"no {what}")

    def log_steps(self, _: object) -> None:
        self._on("steps")

    def log_evaluation(self, _: Evaluation) -> None:
        self._on("evaluation")

    def log_pictures(self, _step: int, _pictures: object) -> None:
        self._on("pictures")

    def close(self) -> None:
        self._on("close")


def test_calls_arrive_in_order_and_none_waits() -> None:
    go, made = threading.Event(), []
    logger = BackgroundLogger(lambda: made.append(Recorder(go)) or made[0])  # type: ignore[func-returns-value]
    began = time.monotonic()
    logger.log_steps(step_report(1, 1.0))
    logger.log_evaluation(evaluation(1))
    logger.log_pictures(1, [])
    assert time.monotonic() - began < 5
    go.set()
    logger.close()
    assert made[0].told == ["begin", "steps", "evaluation", "pictures", "close"]
    assert made[0].threads == {"trial-logger"}


@pytest.mark.parametrize("fails", ["begin", "steps", "evaluation", "close"])
def test_an_error_is_raised_by_the_next_call_or_at_the_end(fails: str) -> None:
    go = threading.Event()
    go.set()
    logger = BackgroundLogger(lambda: Recorder(go, fails))

    def calls() -> None:
        for call in (
            lambda: logger.log_steps(step_report(1, 1.0)),
            lambda: logger.log_evaluation(evaluation(1)),
        ):
            call()
            time.sleep(0.05)
        logger.close()

    with pytest.raises(RuntimeError, match=f"no {fails}"):
        calls()


def test_the_end_waits_for_a_limited_time() -> None:
    go = threading.Event()
    logger = BackgroundLogger(lambda: Recorder(go), end_s=0.05)
    with pytest.raises(TimeoutError, match=r"not done after 0.05 s"):
        logger.close()
    go.set()


def test_one_that_falls_far_behind_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MOST_WAITING", 2)
    go = threading.Event()
    logger = BackgroundLogger(lambda: Recorder(go))

    def calls() -> None:
        for _ in range(4):
            logger.log_steps(step_report(1, 1.0))

    with pytest.raises(TimeoutError, match="2 calls wait"):
        calls()
    go.set()
