"""Most tests share one `TrainingRun`: `reset` must make each of them independent of the previous ones."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.core.errors import ConfigError, DataError, TrainingError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.runner import RunSettings, TrainingRun
from sweepbox.detection.runner.shown_batch import training_images
from sweepbox.detection.training.reports import StepReport
from sweepbox.detection.training.step import arrays_of

SettingsOf = Callable[..., RunSettings]


def _weights(run: TrainingRun) -> dict[str, np.ndarray]:
    return weight_arrays(run.detector.network)


def _assert_equal_weights(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for path, array in first.items():
        np.testing.assert_allclose(array, second[path], rtol=1e-6, atol=1e-6, err_msg=path)


def test_the_loss_falls_and_the_metrics_have_their_names(
    settings_of: SettingsOf, shared_run: TrainingRun
) -> None:
    run = shared_run
    run.reset(settings_of("num_steps=40", "learning_rate=0.004"))
    reports: list[StepReport] = []
    first = run.advance(4, on_step=reports.append)
    last = [run.advance(4) for _ in range(8)][-1]
    assert last.losses["total"] < 0.85 * first.losses["total"]
    assert [report.step for report in reports] == [1, 2, 3, 4]
    assert (run.step, last.step) == (36, 36)
    assert last.images_per_s > 0
    assert 0 <= last.input_wait_fraction <= 1
    metrics = run.evaluate()
    names = ("mAP", "mAP@.50", "mAP@.75", "AR@100", "loss/total", "loss/localization", "loss/classification")
    assert set(names) <= metrics.keys()
    for name in run.settings.label_map.names:
        assert {f"AP/{name}", f"AP@.50/{name}"} <= metrics.keys()
    assert metrics["loss/total"] == pytest.approx(
        sum(metrics[f"loss/{part}"] for part in ("localization", "classification", "regularization"))
    )


@pytest.mark.slow
def test_the_config_sets_the_readers_and_the_metrics(settings_of: SettingsOf, shared_run: TrainingRun) -> None:
    run, seen = shared_run, []
    readers = ("eval_input_reader[0].sample_1_of_n_examples=2", "train_input_reader.shuffle=false")
    pascal = "eval_config.metrics_set[1]=pascal_voc_detection_metrics"
    run.reset(settings_of(*readers, pascal, metric="Loss/total_loss"))
    assert run.settings.metric == "loss/total"
    metrics = run.evaluate(on_batch=lambda progress: seen.append((progress.images, progress.total)))
    assert seen == [(3, 3)]  # of five images the first, third and fifth
    assert {"mAP", "PascalBoxes_Precision/mAP@0.5IOU"} < metrics.keys()
    for name in run.settings.label_map.names:
        assert -1 <= metrics[f"PascalBoxes_PerformanceByCategory/AP@0.5IOU/{name}"] <= 1
    run.reset(settings_of("train_input_reader.shuffle=false"))
    assert "PascalBoxes_Precision/mAP@0.5IOU" not in run.evaluate()


@pytest.mark.slow
def test_resuming_from_a_saved_state_gives_the_same_weights(
    settings_of: SettingsOf, shared_run: TrainingRun, tmp_path: Path
) -> None:
    run = shared_run
    run.reset(settings_of())
    run.advance(3)
    run.save(tmp_path / "state")
    run.advance(3)
    expected = _weights(run)
    run.reset(settings_of(seed=5))
    run.advance(1)
    run.reset(settings_of())
    run.restore(tmp_path / "state")
    assert run.step == 3
    assert run.advance(3).step == 6
    _assert_equal_weights(_weights(run), expected)


def test_a_checkpoint_has_the_weights_of_the_step_at_which_it_was_started(
    settings_of: SettingsOf, shared_run: TrainingRun, tmp_path: Path
) -> None:
    run = shared_run
    run.reset(settings_of())
    run.advance(2)
    expected = _weights(run)
    with run.checkpoint(tmp_path) as checkpoint:
        metrics = run.evaluate()
        checkpoint.publish_weights(tmp_path / "best")
        run.advance(1)
        checkpoint.publish_state(tmp_path / "last")
    assert read_checkpoint_metadata(tmp_path / "best").metrics == metrics
    for name in ("best", "last"):
        saved = load_arrays(tmp_path / name / WEIGHTS_FILE)
        for path, array in expected.items():
            np.testing.assert_array_equal(array, saved[path], err_msg=path)


def test_reset_with_the_same_compile_key_compiles_nothing_and_starts_over(
    settings_of: SettingsOf, shared_run: TrainingRun
) -> None:
    run, settings = shared_run, settings_of()
    run.reset(settings)
    losses = run.advance(2).losses
    metrics = run.evaluate()
    traces = run.traces
    other = settings_of(
        "learning_rate=0.0015",
        "focal_gamma=1.5",
        "l2_weight=0.001",
        "train_config.gradient_clipping_by_norm=1",
        "model.ssd.post_processing.batch_non_max_suppression.iou_threshold=0.4",
        seed=3,
    )
    run.reset(other)
    assert run.step == 0
    assert run.advance(2).losses["regularization"] > 5 * losses["regularization"]
    run.evaluate()
    run.reset(settings)
    assert run.advance(2).losses == pytest.approx(losses, rel=1e-5)
    assert run.evaluate() == pytest.approx(metrics, rel=1e-4, abs=1e-6)
    assert run.traces == traces


def test_a_diverging_run_stops_at_its_step(settings_of: SettingsOf, shared_run: TrainingRun) -> None:
    shared_run.reset(settings_of("learning_rate=1e18"))
    with pytest.raises(TrainingError, match=r"not finite at step \d+; lower the learning rate"):
        shared_run.advance(12)
    shared_run.reset(settings_of())
    assert np.isfinite(shared_run.advance(1).losses["total"])


def test_a_state_of_another_optimizer_is_refused(
    settings_of: SettingsOf, shared_run: TrainingRun, tmp_path: Path
) -> None:
    shared_run.reset(settings_of())
    shared_run.save(tmp_path / "state")
    state = tmp_path / "state" / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"optimizer": "momentum_optimizer"}))
    with pytest.raises(
        TrainingError, match=r"was saved with momentum_optimizer .* this run has adam_optimizer"
    ):
        shared_run.restore(tmp_path / "state")


def test_inconsistent_settings_are_refused(settings_of: SettingsOf, shared_run: TrainingRun) -> None:
    with pytest.raises(ConfigError, match=r"num_classes is 3, but the label map has 2 \(cat, dog\)"):
        shared_run.reset(settings_of(label_map=LabelMap.of(["cat", "dog"])))
    with pytest.raises(DataError, match="validation records"):
        shared_run.reset(settings_of(validation_records=()))
    config = settings_of().config
    config.train_config.ClearField("num_steps")
    with pytest.raises(ConfigError, match=r"num_steps is 0.*--set num_steps"):
        _ = settings_of(config=config).total_steps
    config.train_config.num_steps = 5
    config.train_config.fine_tune_checkpoint = "PATH/ckpt-0"
    with pytest.raises(ConfigError, match="PATH/ckpt-0: there is no such checkpoint"):
        shared_run.reset(settings_of(config=config))


@pytest.mark.slow
def test_reset_with_another_compile_key_rebuilds(settings_of: SettingsOf) -> None:
    run = TrainingRun(settings_of())
    try:
        key = run.compile_key
        run.reset(settings_of("batch_size=3", "optimizer=momentum_optimizer"))
        assert run.compile_key != key
        run.advance(1)
        assert (run.step, run.traces) == (1, 1)
        run.evaluate()
        assert run.traces == 2
        with pytest.raises(ConfigError):
            run.reset(settings_of("model.ssd.feature_extractor.type=ssd_unknown"))
        run.reset(settings_of())
        assert run.compile_key == key
        assert run.step == 0
    finally:
        run.close()


def test_each_evaluation_of_a_run_has_the_same_images(settings_of: SettingsOf, shared_run: TrainingRun) -> None:
    run = shared_run
    run.reset(settings_of(log_images=3))
    assert run.pictures() == ()
    named = []
    for _ in range(2):
        run.advance(1)
        assert run.pictures() == ()
        run.evaluate()
        named.append([picture.name for picture in run.pictures()])
    assert named[0] == named[1]
    assert len(set(named[0])) == 3
    run.reset(settings_of())
    run.evaluate()
    assert run.pictures() == ()


def test_shown_images_are_what_the_network_gets(settings_of: SettingsOf, shared_run: TrainingRun) -> None:
    settings = settings_of(seed=3)
    run = shared_run
    run.reset(settings)
    for step in (0, 2):
        batch = run._batches.at(step)
        ready = run._parts.training_preprocessor(*arrays_of(batch), normalise=run.detector.normalise)
        shown = training_images(settings, step)
        assert [image.name for image in shown] == [run._records.train.name(i) for i in batch.indices.tolist()]
        for row, image in enumerate(shown):
            again = np.asarray(run.detector.normalise(image.pixels))
            np.testing.assert_allclose(again, np.asarray(ready.images[row]), atol=1.01 / 255)
            real = np.asarray(ready.weights[row]) > 0
            np.testing.assert_allclose(image.boxes_yxyx, np.asarray(ready.boxes_yxyx[row])[real], atol=1e-6)
            np.testing.assert_array_equal(image.class_ids, np.asarray(ready.class_ids[row])[real] + 1)
    other = training_images(settings_of(seed=4), 0)
    assert [image.name for image in other] != [image.name for image in training_images(settings, 0)]
