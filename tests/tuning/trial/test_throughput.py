import json
from pathlib import Path

import pytest

from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation, append_evaluation, read_evaluations
from sweepbox.tuning.trial.throughput import Throughput, throughput_of

NOTHING = Throughput(None, None, None, None)


def evaluation(number: int, seconds: float, *measured: float | None) -> Evaluation:
    evaluation_s, images_per_s, wait = measured
    return Evaluation(
        number,
        10 * number,
        0.0,
        seconds,
        {"mAP": 0.1},
        evaluation_s=evaluation_s,
        images_per_s=images_per_s,
        input_wait_fraction=wait,
    )


def test_speed_is_over_all_steps_and_shares_are_of_the_time() -> None:
    # Ten steps at ten a second (1 s, half of it waiting), ten at five (2 s, a fifth waiting).
    pace = throughput_of([evaluation(1, 4.0, 1.0, 10.0, 0.5), evaluation(2, 4.0, 2.0, 5.0, 0.2)])
    assert pace.images_per_s == pytest.approx(20 / 3)
    assert pace.input_wait_fraction == pytest.approx((0.5 * 1 + 0.2 * 2) / 3)
    assert (pace.evaluation_s, pace.evaluation_fraction) == (3.0, 3 / 8)


def test_a_stretch_that_was_all_compilation_has_no_speed() -> None:
    pace = throughput_of([evaluation(1, 30.0, 1.0, 0.0, 0.0), evaluation(2, 2.0, 1.0, 5.0, 0.2)])
    assert pace == Throughput(5.0, 0.2, 2.0, 2 / 32)
    assert throughput_of([evaluation(1, 30.0, 1.0, 0.0, 0.0)]) == Throughput(None, None, 1.0, 1 / 30)


def test_without_a_record_nothing_is_known() -> None:
    assert throughput_of([]) == NOTHING
    assert throughput_of([evaluation(1, 4.0, None, None, None)]) == NOTHING


def test_lines_of_older_versions_are_read(tmp_path: Path) -> None:
    trial = TrialFolder(tmp_path)
    old = {"evaluation": 1, "step": 10, "time": 5.0, "seconds": 4.0, "metrics": {"mAP": 0.1}}
    trial.metrics.write_text(json.dumps(old) + "\n")
    append_evaluation(trial, evaluation(2, 3.0, 1.0, 5.0, 0.2))
    first, second = read_evaluations(trial)
    assert first == Evaluation(**old)
    assert (first.evaluation_s, second.evaluation_s) == (None, 1.0)
    assert throughput_of([first, second]).evaluation_fraction == pytest.approx(1 / 3)
