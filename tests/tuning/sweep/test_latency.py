"""When the driver measures a latency: once for each program, where the objective names it."""

from collections.abc import Callable
from typing import Any

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.latency import latency_path, read_latencies, read_latency
from sweepbox.tuning.sweep import latency
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.trial.costs import costs_of
from sweepbox.tuning.trial.latency_process import LatencyRequest, MeasuredLatency, measure_latency
from tests.tiny import tiny_config

Begin = Callable[..., SweepFolder]
NAMED: list[dict[str, Any]] = [
    {"metric": "latency_ms"},
    {"metric": ["mAP", "latency_ms"]},
    {"constraints": ["latency_ms <= 20"]},
    {"weights": {"latency_ms": 1.0, "loss/total": 2.0}},
]
TWO_PROGRAMS = {"scales_per_octave": {"choice": [1, 2]}}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[LatencyRequest]:
    """The requests to measure, none of which is carried out."""
    requests: list[LatencyRequest] = []

    def measure(_ssd: pb.Ssd, request: LatencyRequest) -> MeasuredLatency:
        requests.append(request)
        return MeasuredLatency(4.0 + len(requests), "a processor")

    monkeypatch.setattr(latency, "measure_latency", measure)
    return requests


def hand_out(folder: SweepFolder, *, close: bool = False) -> int:
    manager, number = TrialManager(folder, load_spec(folder.spec)), 0
    while (trial := manager.next_trial()) is not None:
        number += 1
        if close:
            manager.close(trial)
    return number


@pytest.mark.parametrize("objective", NAMED)
def test_a_program_is_measured_once_also_across_restarts(
    sweep: Begin, measured: list[LatencyRequest], objective: dict[str, Any]
) -> None:
    folder = sweep(objective=objective, training={"precision": "bfloat16", "steps": 6})
    assert hand_out(folder) == 3
    assert hand_out(folder) == 3
    assert measured == [LatencyRequest(cpus=1, gpus=0, backend="tensorflow", precision="bfloat16")]
    assert [item.latency_ms for item in read_latencies(folder)] == [5.0]


def test_what_the_objective_does_not_name_is_not_measured(sweep: Begin, measured: list[LatencyRequest]) -> None:
    folder = sweep(objective={"metric": ["mAP", "gflop"], "constraints": ["parameters <= 1000000"]})
    assert hand_out(folder) == 3
    assert not measured
    assert read_latencies(folder) == ()


@pytest.mark.parametrize(("close", "idle"), [(True, {True}), (False, {True, False})])
def test_each_program_is_measured_and_the_record_says_whether_trials_ran(
    sweep: Begin, measured: list[LatencyRequest], close: bool, idle: set[bool]
) -> None:
    folder = sweep(objective=NAMED[1], space=TWO_PROGRAMS, augmentations={}, sampler={"type": "grid"}, trials=2)
    assert hand_out(folder, close=close) == 2
    assert len(measured) == 2
    assert {item.latency_idle for item in read_latencies(folder)} <= idle


def test_settings_of_the_post_processing_have_their_own_measurement(sweep: Begin) -> None:
    folder, config = sweep(), tiny_config()
    first = latency_path(folder, config.model.ssd)
    config.model.ssd.loss.classification_weight = 3.0
    assert latency_path(folder, config.model.ssd) == first, "training does not change the latency"
    config.model.ssd.post_processing.batch_non_max_suppression.iou_threshold = 0.3
    assert latency_path(folder, config.model.ssd) != first


def test_a_damaged_or_missing_record_names_the_remedy(sweep: Begin, measured: list[LatencyRequest]) -> None:
    folder = sweep(objective=NAMED[0])
    hand_out(folder)
    assert measured
    path = next(folder.latency.glob("*.json"))
    path.write_text('{"latency_ms": -1}')
    with pytest.raises(SweepError, match=r"damaged .* delete it and resume the sweep to have the latency"):
        read_latency(path)
    path.unlink()
    with pytest.raises(SweepError, match="the file is missing"):
        costs_of(folder, tiny_config().model.ssd, Objective.of(load_spec(folder.spec).objective))


def test_a_measurement_that_fails_is_told_in_one_line() -> None:
    with pytest.raises(SweepError, match=r"latency_ms: the measurement failed: .*'nothing'"):
        measure_latency(tiny_config().model.ssd, LatencyRequest(backend="nothing"))
