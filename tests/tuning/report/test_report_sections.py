"""The slow sections of a report, and that a page that cannot be written loses nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.winner.simulated import CLASSES, detect, draw_scene
from sweepbox.detection.evaluation.image_matches_file import write_matches
from sweepbox.scripts import report
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.report.build import report_model
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.report.paired import paired_models
from sweepbox.tuning.report.sections import report_sections
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Origin, TrialState, read_status, write_status
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.winner.comparison import compare
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import Candidate, bootstrap_score

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
IMAGES = 50


@pytest.fixture
def matched(sweep: Begin, live: Live) -> SweepFolder:
    """A sweep of four trials, the first the base config; three have matches on the same drawn images."""
    folder = sweep(objective={"metric": "mAP"}, trials=4)
    manager = TrialManager(folder, load_spec(folder.spec))
    random = np.random.default_rng(0)
    scene = draw_scene(random, IMAGES)
    for number, value in enumerate((0.2, 0.7, 0.5, 0.6)):
        name = manager.next_trial()
        assert name is not None
        live(folder, name, [value], TrialState.FINISHED)
        if number < 3:
            write_matches(folder.trial(name).matches("validation"), detect(random, scene, 1 + 2 * value))
    base = folder.trial("0000")
    write_status(base, replace(read_status(base), origin=Origin.BASE))
    return folder


def test_the_best_trials_are_compared_on_the_same_images(matched: SweepFolder) -> None:
    found = paired_models(load_sweep(matched.path))
    assert [(item.first, item.second, item.images) for item in found] == [
        ("0001", "0000", IMAGES),
        ("0001", "0002", IMAGES),
        ("0000", "0002", IMAGES),
    ]
    assert set(found[0].metrics) == {
        "mAP",
        "mAP@.50",
        *(f"{kind}/{name}" for kind in ("AP", "AP@.50") for name in CLASSES),
    }


def test_the_intervals_are_those_of_the_statistics(matched: SweepFolder) -> None:
    from sweepbox.detection.evaluation.image_matches_file import read_matches

    state = load_sweep(matched.path)
    one, base = (read_matches(matched.trial(name).matches("validation")) for name in ("0001", "0000"))
    resamples = Resamples.draw(one, count=500, seed=state.spec.seed)
    goal = Goal.metric("mAP")
    scores = [
        bootstrap_score(Candidate(name, {0: m}), goal, resamples) for name, m in (("1", one), ("0", base))
    ]
    expected = compare(*scores)
    found = paired_models(state)[0].metrics["mAP"]
    assert (found["difference"], found["low"], found["high"]) == pytest.approx(
        (expected.difference, expected.interval.low, expected.interval.high)
    )
    verdict = report_model(state, report_sections(state)).verdict
    assert verdict is not None
    assert verdict.against_base is not None
    assert verdict.against_base.interval == pytest.approx((found["low"], found["high"]))


def test_a_damaged_file_leaves_a_section_out(matched: SweepFolder, caplog: pytest.LogCaptureFixture) -> None:
    matched.trial("0001").matches("validation").write_bytes(b"torn")
    assert report_sections(load_sweep(matched.path)).paired == ()
    assert "no paired comparisons in the report" in caplog.text


def test_the_data_are_described(matched: SweepFolder, records: Path) -> None:
    data = report_sections(load_sweep(matched.path)).data
    assert data is not None
    assert data.source == f"{records.name}/dataset.json"
    assert [part.name for part in data.parts] == ["train", "validation"]
    assert sum(part.images for part in data.parts) == 16
    objects = {entry["name"]: entry["train"] + entry["validation"] for entry in data.classes}
    assert sum(objects.values()) == sum(part.objects or 0 for part in data.parts)


def test_few_trials_have_no_importance(matched: SweepFolder) -> None:
    search = report_sections(load_sweep(matched.path)).search
    assert search is not None
    assert search.importance == {}
    assert search.note == "Not computed: it takes 12 ended trials with different values."


def test_the_command_writes_the_page(
    matched: SweepFolder, invoke: Callable[..., object], tmp_path: Path
) -> None:
    out = tmp_path / "there" / "page.html"
    result = invoke(report.command, matched.path, "--out", out)
    assert result.exit_code == 0  # type: ignore[attr-defined]
    assert result.stdout == f"report: {out}\n"  # type: ignore[attr-defined]
    assert "<title>tiny" in out.read_text()
    assert not matched.page.exists()


def test_a_page_that_cannot_be_written_loses_no_result(
    matched: SweepFolder, caplog: pytest.LogCaptureFixture
) -> None:
    matched.page.mkdir()
    (matched.page / "in_the_way").touch()
    with caplog.at_level(logging.WARNING):
        write_outcome(load_sweep(matched.path))
    assert f"`sweepbox report {matched.path}` writes it" in caplog.text
    assert matched.winner.is_file()
    assert matched.report.is_file()
    assert matched.results.is_file()


def test_the_page_of_1000_trials_is_below_6_mb(matched: SweepFolder) -> None:
    from sweepbox.tuning.report.html.page import page
    from sweepbox.tuning.report.model.report import to_json
    from sweepbox.tuning.report.thinning import thinned

    model = report_model(load_sweep(matched.path))
    source = model.trials[1]
    points = range(1, 21)
    curve = replace(
        source.curve,
        evaluations=tuple(points),
        steps=tuple(500 * point for point in points),
        seconds=tuple(61.234567 * point for point in points),
        metrics={name: tuple(0.123456789 * point for point in points) for name in ("mAP", "loss/total")},
    )
    metrics = {f"AP@.50/a class with a long name {number}": 0.123456789 for number in range(80)}
    changes = {
        f"train_config.optimizer.adam_optimizer.learning_rate.field_{number}": 0.1 for number in range(10)
    }
    trials = tuple(
        replace(
            source,
            id=f"{number:04d}",
            curve=curve,
            metrics=metrics,
            last_metrics=metrics,
            changes=changes,
            parameters={name[-20:]: value for name, value in changes.items()},
            settings=", ".join(f"{name[-20:]}=0.1234" for name in changes),
            runs=source.runs * 3,
        )
        for number in range(1000)
    )
    big = thinned(replace(model, trials=trials, history=model.history * 250))
    assert len(page(to_json(big), live=False).encode()) < 6e6
