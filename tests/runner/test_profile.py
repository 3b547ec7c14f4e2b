"""A profiled run: the same training, with its time told by phases."""

import json
from collections.abc import Callable
from io import StringIO
from itertools import pairwise

import pytest
from rich.console import Console

from detection.runner import RunSettings, train
from detection.training.log import read_metrics
from detection.training.phases import TRANSFER, WAIT, Phase
from scripts.train_profile import print_profile

SettingsOf = Callable[..., RunSettings]


def test_a_profiled_run_trains_alike_and_tells_where_its_time_went(settings_of: SettingsOf) -> None:
    plain, profiled = (
        settings_of("num_steps=22", directory=name, evaluate_every=11) for name in ("plain", "profiled")
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
    assert [(time.phase, time.times) for time in report.phases] == [
        (Phase.INPUT, 10),
        (Phase.GRADIENTS, 10),
        (Phase.UPDATE, 10),
        (Phase.EVALUATION, 1),
        (Phase.CHECKPOINT, 2),
    ]
    assert times[Phase.EVALUATION].per_step_s == pytest.approx(times[Phase.EVALUATION].seconds / 11)
    assert times[Phase.GRADIENTS].seconds > times[Phase.UPDATE].seconds > 0
    assert sum(report.share(time) for time in report.phases) == pytest.approx(1.0)
    step = sum(times[phase].seconds for phase in (Phase.INPUT, Phase.GRADIENTS, Phase.UPDATE))
    assert report.whole_step_s is not None
    assert 0.3 < step / report.whole_step_s < 3.0

    events = json.loads(report.trace.read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    known = {*Phase, WAIT, TRANSFER, "step 4", "write the checkpoint"} - {Phase.INPUT}
    assert {event["name"] for event in spans} > known
    steps = sorted(
        (event for event in spans if event["name"].startswith("step ")), key=lambda event: event["ts"]
    )
    assert all(first["ts"] + first["dur"] <= then["ts"] + 1.0 for first, then in pairwise(steps))
    assert list(profiled.directory.glob("tensorboard/plugins/profile/*/*.xplane.pb"))

    screen = StringIO()
    print_profile(Console(file=screen, width=200), report)
    assert "forward and backward" in screen.getvalue()
    assert str(report.trace) in screen.getvalue()
