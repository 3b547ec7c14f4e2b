"""When a sweep examines its winner's detections at its end; test_confirmation.py shows that it works on Ray."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from sweepbox.detection.analysis.detector_analysis import analyse
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.tuning.ray_backend.after_search import examine_winner
from sweepbox.tuning.ray_backend.watch import RayDeathError
from sweepbox.tuning.report.detector.document import FORMAT, DetectorReport, write_detector_report
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.manager import TrialManager
from tests.analysis.scenes import random_images
from tests.tuning.conftest import Live


@pytest.fixture
def ended(sweep: Callable[..., SweepFolder], live: Live) -> Callable[..., SweepFolder]:
    """Return a function that makes a sweep of one ended trial, which took so many seconds."""

    def make(*, seconds: float, **changes: object) -> SweepFolder:
        folder = sweep(trials=1, **changes)
        TrialManager(folder, load_spec(folder.spec)).next_trial()
        live(folder, "0000", [0.2, 0.4], TrialState.FINISHED)
        trial = folder.trial("0000")
        write_status(trial, replace(read_status(trial), seconds=seconds))
        return folder

    return make


class Examine:
    """Notes the trials that it is called for, and gives an answer."""

    def __init__(self, answer: str | Exception | None = "") -> None:
        self.trials: list[str] = []
        self._answer = answer

    def __call__(self, trial_id: str) -> str | None:
        self.trials.append(trial_id)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def examined(folder: SweepFolder, answer: str | Exception | None = "") -> Sequence[str]:
    examine = Examine(answer)
    examine_winner(folder, examine)
    return examine.trials


def test_an_examination_takes_little_of_the_time_of_a_sweep(ended: Callable[..., SweepFolder]) -> None:
    # It takes about 31 seconds, of which the evaluation took one.
    assert examined(ended(seconds=31 / 0.05 + 1)) == ["0000"]


def test_a_short_sweep_leaves_it_to_the_report(ended: Callable[..., SweepFolder]) -> None:
    assert examined(ended(seconds=31 / 0.05 - 1)) == []


def test_a_winner_that_is_not_confirmed_yet_is_not_examined(ended: Callable[..., SweepFolder]) -> None:
    folder = ended(seconds=9000, confirm={"top": 1, "seeds": 1})
    assert examined(folder) == []
    confirmation = {"top": 1, "seeds": 1, "searched": 1, "complete": True}
    write_json(folder.winner, {"trial": "0000", "confirmation": confirmation})
    assert examined(folder) == ["0000"]
    trial = folder.trial("0000")
    write_status(trial, replace(read_status(trial), seconds=1))
    assert examined(folder) == ["0000"]  # the predictions of a confirmed winner are there already


def test_what_is_there_is_not_made_again(ended: Callable[..., SweepFolder]) -> None:
    folder = ended(seconds=9000)
    analysis = analyse(random_images(0, 2), np.full(3, 0.5))
    report = DetectorReport(FORMAT, "0000", 4, False, "NMS", "best F1", 1.0, analysis, ())
    write_detector_report(folder, report)
    assert examined(folder) == []
    write_detector_report(folder, replace(report, step=2))  # of other weights
    assert examined(folder) == ["0000"]


def test_a_sweep_that_is_asked_to_stop_examines_nothing(ended: Callable[..., SweepFolder]) -> None:
    folder = ended(seconds=9000)
    folder.request_stop("the test")
    assert examined(folder) == []


@pytest.mark.parametrize("answer", ["0000: the weights are gone\nmore", SweepError("the process died\nmore")])
def test_a_failure_is_logged_and_nothing_else(
    ended: Callable[..., SweepFolder], answer: str | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert examined(ended(seconds=9000), answer) == ["0000"]
    [record] = [item for item in caplog.records if "not examined" in item.message]
    assert record.message == f"the winner's detections are not examined: {str(answer).splitlines()[0]}"


def test_a_death_of_ray_is_not_hidden(ended: Callable[..., SweepFolder]) -> None:
    with pytest.raises(RayDeathError):
        examined(ended(seconds=9000), RayDeathError("Ray has died"))
