"""A tiny data set and a tiny config, with which training takes seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.data.sample import draw_sample
from sweepbox.detection.runner import RunSettings, TrainingRun

QUICKSTART = Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config"
TINY = (
    "model.ssd.image_resizer.fixed_shape_resizer.height=96",
    "model.ssd.image_resizer.fixed_shape_resizer.width=96",
    "model.ssd.feature_extractor.type=ssd_mobilenet_v1_fpn_keras",
    "model.ssd.feature_extractor.depth_multiplier=0.25",
    "model.ssd.feature_extractor.fpn.additional_layer_depth=32",
    "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.depth=32",
    "batch_size=4",
    "num_steps=12",
    "warmup_steps=2",
)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    """19 scenes for training, 5 for validation."""
    folder = tmp_path_factory.mktemp("data")
    draw_sample(folder / "scenes", images=24, size=128, seed=1)
    return prepare(
        folder / "scenes", folder / "records", PrepareSettings(validation_fraction=0.2, test_fraction=0, seed=1)
    )


@pytest.fixture(scope="session")
def settings_of(
    dataset: PreparedDataset, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., RunSettings]:
    """A function that returns the settings of a tiny run, with config edits and changed settings."""
    runs = tmp_path_factory.mktemp("runs")

    def make(*edits: str, directory: str = "run", **changes: object) -> RunSettings:
        config: pb.TrainEvalPipelineConfig = apply_edits(
            load_config(QUICKSTART), [parse_edit(text) for text in (*TINY, *edits)]
        )
        given = {
            "config": config,
            "train_records": dataset.train,
            "validation_records": dataset.validation,
            "label_map": dataset.label_map,
            "directory": runs / directory,
        }
        return RunSettings(**(given | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def shared_run(settings_of: Callable[..., RunSettings]) -> Iterator[TrainingRun]:
    """A run of the tiny config; whoever resets it to settings of an equal `CompileKey` compiles nothing."""
    run = TrainingRun(settings_of())
    yield run
    run.close()


@pytest.fixture(scope="module")
def trains_with_shared_run(shared_run: TrainingRun) -> Iterator[None]:
    """Let `train` reset the shared run where it would start another: what it compiles is the same."""

    def started(settings: RunSettings) -> TrainingRun:
        shared_run.profile = None
        shared_run.reset(settings)
        return shared_run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweepbox.detection.runner.loop.TrainingRun", started)
        yield
    shared_run.profile = None
