"""What is chosen after training for a trained checkpoint: it starts from what training measured."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.post_training.post_training import PostTraining, tune_after_training
from sweepbox.detection.runner import RunSettings, TrainingRun

SettingsOf = Callable[..., RunSettings]
PHASES = ["predicting", "tuning suppression"]


@pytest.mark.slow
def test_the_metrics_are_those_of_the_training(
    shared_run: TrainingRun, settings_of: SettingsOf, tmp_path: Path
) -> None:
    settings = settings_of()
    shared_run.reset(settings)
    shared_run.advance(6)
    metrics = shared_run.evaluate()
    checkpoint, file = tmp_path / "checkpoint", tmp_path / "predictions.arrow"
    shared_run.save_weights(checkpoint)
    phases: list[str] = []

    def tune() -> PostTraining:
        return tune_after_training(
            checkpoint,
            settings.validation_records,
            predictions_file=file,
            on_progress=lambda phase, *_: phases.append(phase),
        )

    chosen = tune()
    assert list(dict.fromkeys(phases)) == PHASES
    assert not chosen.suppression.is_changed  # five images are too few
    own = {name: value for name, value in metrics.items() if not name.startswith("loss/")}
    assert chosen.metrics == pytest.approx(own, rel=1e-4, abs=1e-6)
    assert chosen.notes == ()
    assert PostTraining.from_json(chosen.to_json(), source="here") == chosen

    phases.clear()
    assert tune() == chosen  # the predictions come from their file
    assert phases == PHASES[1:]
    config = load_config(checkpoint / "pipeline.config")
    assert chosen.output(config).post_processing == config.model.ssd.post_processing
    shared_run.advance(1)
    shared_run.save_weights(checkpoint)
    phases.clear()
    tune()
    assert phases[0] == PHASES[0]  # these are other weights


def test_bad_input_is_told(settings_of: SettingsOf, light_checkpoint: Path) -> None:
    records = settings_of().validation_records
    for options, message in (
        ({"precision": 1.5}, "precision 1.5: give a value above 0 and at most 1"),
        ({"folds": 1}, "folds = 1: give at least 2"),
    ):
        with pytest.raises(UsageError, match=message):
            tune_after_training(light_checkpoint, records, **options)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="there is no such TFRecord file"):
        tune_after_training(light_checkpoint, [Path("absent.tfrecord")])
