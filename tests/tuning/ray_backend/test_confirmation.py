"""A winner is confirmed and tested on a real Ray, with the real engine on tiny inputs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.metric_names import SUMMARY_NAMES
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.records import read_records
from sweepbox.detection.evaluation.image_matches_file import read_matches
from sweepbox.detection.evaluation.weighted_precision import is_resampled, weighted_metrics
from sweepbox.detection.post_training.suppression import SuppressionSetting
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.report.detector.document import read_detector_report
from sweepbox.tuning.report.detector.section import detector_report_of
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Fold, Origin, TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.export_source import export_source
from sweepbox.tuning.sweep.resume import resume_sweep
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.evaluation import TEST_AS_EXPORTED, TrialEvaluator
from sweepbox.tuning.winner.cross_validation import join_folds
from sweepbox.tuning.winner.goal_values import goal_values

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"choice": [1e-3, 2e-3, 3e-3]}},
    "augmentations": {},
    "objective": {"metric": "mAP"},
    "scheduler": {"type": "asha", "grace_period": 1, "reduction_factor": 2},
    "trials": 2,
    "confirm": {"top": 1, "seeds": 2},
    "keep_checkpoints": 1,
    "max_concurrent": 1,
}


class StopWhen:
    """A listener that asks the sweep to stop as soon as a trial that confirms the winner was evaluated."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        if any(trial.status.is_confirmation and trial.evaluations for trial in state.trials):
            self._folder.request_stop("the test")


@pytest.fixture(scope="module")
def parts(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parts") / "records"
    prepare(photographs, out, PrepareSettings(validation_fraction=0.3, test_fraction=0.2, seed=1))
    return out


Begun = tuple[SweepOutcome, SweepOutcome, dict[str, Any]]


@pytest.fixture(scope="module")
def begun(
    tiny_spec: dict[str, Any], parts: Path, tmp_path_factory: pytest.TempPathFactory, shared_ray: None
) -> Begun:
    """A sweep that was stopped while it confirmed its winner, then resumed, and its record."""
    home = tmp_path_factory.mktemp("confirmed")
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP, "data": str(parts)}))
    folder = create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    stopped = run_sweep(folder, ray_config=RayConfig(cpus=2), listener=StopWhen(folder))
    resumed = run_sweep(folder, ray_config=RayConfig(cpus=2))
    return stopped, resumed, json.loads(folder.winner.read_text())


def test_a_stopped_confirmation_is_resumed_with_the_same_trials(begun: Begun) -> None:
    stopped, resumed, _ = begun
    assert (stopped.stopped_by, resumed.stopped_by) == ("the test", None)
    confirming = [trial.id for trial in stopped.state.trials if trial.status.is_confirmation]
    assert confirming == [trial.id for trial in resumed.state.trials if trial.status.is_confirmation]
    assert stopped.state.is_searched
    assert not stopped.state.is_complete
    assert resumed.state.is_complete


def test_no_trial_that_confirms_is_stopped_early(begun: Begun) -> None:
    made = [trial for trial in begun[1].state.trials if trial.status.is_confirmation]
    assert {trial.status.origin for trial in made} == {Origin.CONFIRMED}
    assert {trial.state for trial in made} == {TrialState.FINISHED}
    assert {len(trial.evaluations) for trial in made} == {3}


def test_the_weights_are_those_that_were_measured(begun: Begun) -> None:
    _, resumed, content = begun
    folder, images = resumed.state.folder, set()
    for finalist in content["confirmation"]["finalists"]:
        for entry in finalist["seeds"]:
            trial = folder.trial(entry["trial"])
            validation, test = (read_matches(trial.matches(part)) for part in ("validation", "test"))
            images.add((validation.image_names, test.image_names))
            best = resumed.state.trial(entry["trial"]).best
            assert best is not None
            assert entry["validation"] == best.metrics["mAP"]
            once = np.ones((1, validation.num_images), np.int64)
            [measured] = goal_values(Goal.metric("mAP"), validation, once)
            assert measured == pytest.approx(best.metrics["mAP"], abs=1e-6)
    [(validation_images, test_images)] = images
    assert not set(validation_images) & set(test_images)
    low, high = content["interval"]
    assert low <= content["validation"]["mean"] <= high


def test_the_test_part_was_read_once_and_the_export_says_so(begun: Begun) -> None:
    _, resumed, content = begun
    assert len(content["test_looks"]) == 1
    assert content["test"] is not None
    checkpoint, extras = export_source(resumed.state.folder.path)
    assert checkpoint == resumed.state.folder.path / content["checkpoint"]
    assert any(text.startswith("Test: mAP") for text in extras.evidence)
    assert any("on the test part" in text for text in extras.evidence)


def test_the_two_passes_over_the_test_part_agree(begun: Begun) -> None:
    """With the suppression of its config, the pass for the export measures what the first pass measured."""
    _, resumed, content = begun
    folder = resumed.state.folder
    trial = folder.trial(content["trial"])
    own = SuppressionSetting.of(load_config(trial.config).model.ssd)
    evaluator = TrialEvaluator(folder, load_spec(folder.spec))
    found = evaluator.evaluate_as_exported(trial.id, asdict(own))
    assert {name: content["test"]["metrics"][name] for name in found} == pytest.approx(found, abs=1e-4)
    first, second = (read_matches(trial.matches(part)) for part in ("test", TEST_AS_EXPORTED))
    assert first.image_names == second.image_names
    np.testing.assert_array_equal(first.num_objects, second.num_objects)


def test_the_winners_detections_are_examined(begun: Begun) -> None:
    _, resumed, content = begun
    folder = resumed.state.folder
    report = read_detector_report(folder)
    assert report is not None
    assert (report.trial, report.is_tuned) == (content["trial"], content["post_processing"] is not None)
    assert detector_report_of(resumed.state) == report
    overall = report.analysis.sizes[0]
    assert overall.ap[0] == pytest.approx(content["post_processing"]["metrics"]["mAP"], abs=1e-5)
    assert report.thumbnails
    for item in report.thumbnails:
        assert (folder.thumbnails / item.file).is_file()


def test_an_extension_confirms_again_and_is_a_second_look(begun: Begun, tmp_path: Path) -> None:
    _, resumed, before = begun
    folder = resumed.state.folder
    resume_sweep(SweepRequest(folder.spec, out=folder.path, trials=3))
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2))
    content = json.loads(folder.winner.read_text())
    assert outcome.state.population == 3
    assert len(content["test_looks"]) == 2
    assert content["test_looks"][0] == before["test_looks"][0]
    assert "second look" in folder.report.read_text()


def test_finalists_are_cross_validated_on_the_images_of_both_parts(begun: Begun) -> None:
    folder = begun[1].state.folder
    resume_sweep(SweepRequest(folder.spec, out=folder.path, confirm=ConfirmSpec(top=1, seeds=1, folds=2)))
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2))
    assert outcome.state.is_complete
    content = json.loads(folder.winner.read_text())
    dataset = open_unchanged_data(folder, outcome.state.spec)
    names = {
        part: {record.filename for record in read_records(paths, dataset.label_map)}
        for part, paths in (("test", dataset.test), ("others", (*dataset.train, *dataset.validation)))
    }
    for finalist in content["confirmation"]["finalists"]:
        [found] = finalist["folds"]
        parts = []
        for fold in found["folds"]:
            trial = outcome.state.trial(fold["trial"])
            assert trial.best is not None
            assert trial.status.fold == Fold(fold["fold"], 2)
            matches = read_matches(folder.trial(trial.id).matches("validation"))
            once = np.ones((1, matches.num_images), np.int64)
            best = {
                name: value
                for name, value in trial.best.metrics.items()
                if is_resampled(name, matches.class_names)
            }
            assert {*SUMMARY_NAMES, "AP/with_mask"} <= best.keys()
            measured = weighted_metrics(matches, once, best)
            assert {name: value[0] for name, value in measured.items()} == pytest.approx(best, abs=1e-6)
            parts.append(matches)
        joined = join_folds(parts)
        assert sorted(joined.image_names) == sorted(names["others"])
        assert not {*joined.image_names} & names["test"]
        once = np.ones((1, joined.num_images), np.int64)
        assert found["value"] == pytest.approx(weighted_metrics(joined, once, ["mAP"])["mAP"][0], abs=1e-9)
        low, high = finalist["interval"]
        assert low <= found["value"] <= high
    assert content["folds"] is not None
    assert outcome.state.trial(content["trial"]).status.fold is None
    files = {path.name for path in dataset.directory.rglob("*.arrow")}
    assert len(files) == 3, "the decoded images are not copied for folds"
