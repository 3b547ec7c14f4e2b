"""A profiled run: the same training, with the time of each phase."""

import json
from collections.abc import Callable
from io import StringIO
from itertools import pairwise

import pytest
from rich.console import Console

from sweepbox.detection.runner import RunSettings, train
from sweepbox.detection.training.log import read_metrics
from sweepbox.detection.training.phases import TRANSFER, WAIT, Phase
from sweepbox.scripts.train_profile import print_profile

pytestmark = pytest.mark.usefixtures("trains_with_shared_run")
SettingsOf = Callable[..., RunSettings]


@pytest.mark.slow
def test_a_profiled_run_trains_the_same_and_reports_the_time_of_each_phase(settings_of: SettingsOf) -> None:
    plain, profiled = (
        settings_of("num_steps=26", directory=name, evaluate_every=13) for name in ("plain", "profiled")
    )
    expected = train(plain)
    assert expected.profile is None
    assert not (plain.directory / "profile").exists()

    result = train(profiled, profile=True)
    for name, metrics in (("plain", expected.metrics), ("profiled", result.metrics)):
        assert metrics["loss/total"] > 0, name
    assert result.metrics == pytest.approx(expected.metrics, rel=1e-4, abs=1e-6)
    lines = [read_metrics(settings.directory / "metrics.jsonl") for settings in (plain, profiled)]
    for ours, theirs in zip(*lines, strict=True):
        assert ours["losses"] == pytest.approx(theirs["losses"], rel=1e-4)

    report = result.profile
    assert report is not None
    times = {time.phase: time for time in report.phases}
    assert [(time.phase, time.count) for time in report.phases] == [
        (Phase.INPUT, 10),
        (Phase.GRADIENTS, 10),
        (Phase.UPDATE, 10),
        (Phase.EVALUATION, 1),
        (Phase.CHECKPOINT, 2),
    ]
    assert times[Phase.EVALUATION].per_step_s == pytest.approx(times[Phase.EVALUATION].seconds / 13)
    assert times[Phase.GRADIENTS].seconds > times[Phase.UPDATE].seconds > 0
    assert sum(report.share(time) for time in report.phases) == pytest.approx(1.0)
    assert report.single_program_step_s is not None
    assert report.single_program_step_s > 0

    events = json.loads(report.trace.read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    known = {*Phase, WAIT, TRANSFER, "step 8", "write the checkpoint"} - {Phase.INPUT}
    assert {event["name"] for event in spans} > known
    steps = sorted((span for span in spans if span["name"].startswith("step ")), key=lambda span: span["ts"])
    assert len(steps) == 24
    assert all(first["ts"] + first["dur"] <= then["ts"] + 1.0 for first, then in pairwise(steps))
    step = next(span for span in steps if span["name"] == "step 8")
    inside = [
        span for span in spans if step["ts"] <= span["ts"] < step["ts"] + step["dur"] and span is not step
    ]
    parts = {span["name"]: span["dur"] for span in inside}
    assert list(parts) == [WAIT, TRANSFER, Phase.GRADIENTS, Phase.UPDATE]
    assert 0.8 * step["dur"] < sum(parts.values()) <= step["dur"]
    assert list(profiled.directory.glob("tensorboard/plugins/profile/*/*.xplane.pb"))

    screen = StringIO()
    print_profile(Console(file=screen, width=200), report)
    assert "forward and backward" in screen.getvalue()
    assert str(report.trace) in screen.getvalue()
