"""A run that evaluates the moving averages of its weights."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.runner import RunSettings, TrainingRun

SettingsOf = Callable[..., RunSettings]
AVERAGED = ("train_config.optimizer.use_moving_average=true", "eval_config.use_moving_averages=true")


@pytest.fixture(scope="module")
def run(settings_of: SettingsOf) -> Iterator[TrainingRun]:
    run = TrainingRun(settings_of(*AVERAGED, "warmup_steps=0", "learning_rate=0.05"))
    yield run
    run.close()


def _weights(run: TrainingRun) -> dict[str, np.ndarray]:
    return weight_arrays(run.detector.network)


@pytest.mark.slow
def test_the_averages_are_evaluated_and_saved_and_training_continues_from_the_weights(
    run: TrainingRun, tmp_path: Path
) -> None:
    """The decays of the first three steps are 2/11, 3/12 and 4/13."""
    average = _weights(run)
    kernel = next(path for path in average if "class_head" in path and "kernel" in path)
    statistic = next(path for path in average if path.endswith("moving_mean"))
    expected = average[kernel].astype(np.float64)
    for step in range(3):
        run.advance(1)
        decay = (2 + step) / (11 + step)
        expected = decay * expected + (1 - decay) * _weights(run)[kernel]
    trained = _weights(run)
    assert np.abs(expected - trained[kernel]).max() > 1e-4
    metrics = run.evaluate()
    run.save_weights(tmp_path / "best")
    run.save(tmp_path / "last")
    for path, array in _weights(run).items():
        np.testing.assert_array_equal(array, trained[path], err_msg=path)
    for name in ("best", "last"):
        saved = load_arrays(tmp_path / name / WEIGHTS_FILE)
        np.testing.assert_allclose(saved[kernel], expected, rtol=1e-4, atol=1e-7)
        np.testing.assert_array_equal(saved[statistic], trained[statistic])
    run.advance(2)
    ahead = _weights(run)
    run.restore(tmp_path / "last")
    for path, array in _weights(run).items():
        np.testing.assert_array_equal(array, trained[path], err_msg=path)
    assert run.evaluate()["loss/total"] == pytest.approx(metrics["loss/total"], rel=1e-5)
    run.advance(2)
    for path, array in _weights(run).items():
        np.testing.assert_allclose(array, ahead[path], rtol=1e-4, atol=1e-5, err_msg=path)


def test_the_averages_of_a_new_run_start_from_its_own_initial_weights(
    run: TrainingRun, settings_of: SettingsOf
) -> None:
    run.evaluate()
    traces = run.traces
    run.reset(settings_of(*AVERAGED, "train_config.optimizer.moving_average_decay=0.5", seed=5))
    drawn = _weights(run)
    run.evaluate()
    for path, array in _weights(run).items():
        np.testing.assert_array_equal(array, drawn[path], err_msg=path)
    assert run.traces == traces


@pytest.mark.parametrize("edit", AVERAGED[:1])
def test_no_averages_are_kept_if_evaluation_does_not_use_them(settings_of: SettingsOf, edit: str) -> None:
    from sweepbox.detection.training.compile_key import keeps_average

    assert not keeps_average(settings_of(edit).config)
    assert keeps_average(settings_of(*AVERAGED).config)
