"""Runs in one process that start from a checkpoint."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sweepbox.detection.checkpoint.object_writer import write_object_based
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.core.errors import ConfigError, ModelError
from sweepbox.detection.model.ssd import build_detector
from sweepbox.detection.runner import RunSettings, TrainingRun
from sweepbox.scripts.train_display import TrainDisplay

Settings = Callable[..., RunSettings]
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def checkpoint(settings_of: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Arrays]:
    """The folder of a checkpoint of the tiny model for five classes, and its weights."""
    ssd = apply_edits(settings_of().config, [Edit("model.ssd.num_classes", 5)]).model.ssd
    detector = build_detector(ssd, seed=77)
    folder = tmp_path_factory.mktemp("checkpoint")
    write_object_based(detector.network, detector.backbone, ssd, folder)
    return folder, weight_arrays(detector.network)


@pytest.fixture
def run(shared_run: TrainingRun) -> TrainingRun:
    return shared_run


def _started(run: TrainingRun, settings: RunSettings) -> Arrays:
    run.reset(settings)
    return weight_arrays(run.detector.network)


def _same(first: Arrays, second: Arrays) -> set[str]:
    return {path for path, array in first.items() if np.array_equal(array, second[path])}


@pytest.mark.parametrize("named_by", ["the config", "the run"])
def test_the_class_head_is_initialised_from_the_seed_of_each_run(
    run: TrainingRun, settings_of: Settings, checkpoint: tuple[Path, Arrays], named_by: str
) -> None:
    folder, stored = checkpoint

    def settings(seed: int) -> RunSettings:
        edits = ["train_config.fine_tune_checkpoint_type=full"]
        if named_by == "the run":
            return settings_of(*edits, seed=seed, initial_weights=str(folder))
        return settings_of(*edits, f"train_config.fine_tune_checkpoint='{folder}'", seed=seed)

    drawn = [_started(run, settings_of(seed=seed)) for seed in (1, 2)]
    assert run.initial_weights is None
    traces = run.traces
    started = [_started(run, settings(seed)) for seed in (1, 2)]
    for fresh, restored in zip(drawn, started, strict=True):
        head = {path for path in restored if restored[path].shape != stored[path].shape}
        assert head
        assert all(path.startswith("class_head") for path in head)
        assert _same({path: restored[path] for path in head}, fresh) == head
        others = {path: array for path, array in restored.items() if path not in head}
        assert _same(others, stored) == others.keys()
    assert "class_head/pointwise_kernel" not in _same(*started)
    line = str(run.initial_weights)
    assert line == (
        f"restored {len(stored) - 2} of {len(stored)} variables (full) from {folder}/ckpt-0; the class head "
        "is newly initialised: 3 classes, the checkpoint has 5"
    )
    assert run.traces == traces, "nothing is compiled for other initial weights"
    screen = StringIO()
    display = TrainDisplay(Console(file=screen), total_steps=1, metric="mAP")
    assert run.initial_weights is not None
    display.show(run.initial_weights)
    assert screen.getvalue() == f"{line}\n"


def test_another_part_is_loaded_again(
    run: TrainingRun, settings_of: Settings, checkpoint: tuple[Path, Arrays]
) -> None:
    named = f"train_config.fine_tune_checkpoint='{checkpoint[0]}'"
    full = _started(run, settings_of(named, "train_config.fine_tune_checkpoint_type=full"))
    part = _started(run, settings_of(named, "train_config.fine_tune_checkpoint_type=detection"))
    extractor = {weight.path for weight in run.detector.feature_extractor.weights}
    assert extractor <= _same(full, part)
    assert "box_head/pointwise_kernel" not in _same(full, part)


def test_the_error_for_an_unset_type_names_the_type_to_set(
    run: TrainingRun, settings_of: Settings, checkpoint: tuple[Path, Arrays]
) -> None:
    for settings in (
        settings_of(f"train_config.fine_tune_checkpoint='{checkpoint[0]}'"),
        settings_of(initial_weights=str(checkpoint[0])),
    ):
        with pytest.raises(ModelError, match=r"set train_config\.fine_tune_checkpoint_type to 'detection'"):
            run.reset(settings)
    with pytest.raises(ConfigError, match="nowhere/ckpt-0: there is no such checkpoint"):
        run.reset(settings_of("train_config.fine_tune_checkpoint='nowhere/ckpt-0'"))
