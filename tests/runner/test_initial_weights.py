from pathlib import Path

import numpy as np
import pytest

from detection.checkpoint.weights import assign_arrays, save_weights, weight_arrays
from detection.config import pipeline_pb2 as pb
from detection.config.load import load_config
from detection.core.errors import ConfigError
from detection.model.ssd import SsdDetector, build_detector
from detection.runner.initial_weights import initial_source, load_initial_weights

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"
PREDICTOR = ("prediction_tower", "box_head", "class_head")


@pytest.fixture(scope="module")
def detector() -> SsdDetector:
    return build_detector(_config().model.ssd)


def _config(kind: str = "") -> pb.TrainEvalPipelineConfig:
    config = load_config(GOLDEN / "pipeline.config")
    config.train_config.fine_tune_checkpoint = str(GOLDEN / "ckpt-0")
    config.train_config.fine_tune_checkpoint_type = kind
    return config


def test_detection_restores_the_feature_extractor_and_full_everything(detector: SsdDetector) -> None:
    source = initial_source(_config(), None)
    assert source is not None
    detector.initialise(0)
    extractor = load_initial_weights(detector, source, _config("detection"))
    assert extractor
    assert not any(path.startswith(PREDICTOR) for path in extractor)
    full = load_initial_weights(detector, source, _config("full"))
    assert any(path.startswith(PREDICTOR) for path in full)


def test_what_was_loaded_can_be_set_again_over_newly_drawn_weights(
    detector: SsdDetector, tmp_path: Path
) -> None:
    detector.initialise(1)
    save_weights(detector.network, tmp_path / "weights.npz")
    detector.initialise(2)
    loaded = load_initial_weights(detector, str(tmp_path / "weights.npz"), _config())
    expected = weight_arrays(detector.network)
    detector.initialise(2)
    assign_arrays(detector.network, loaded, source="memory", partial=True)
    for path, array in weight_arrays(detector.network).items():
        np.testing.assert_array_equal(array, expected[path])


def test_the_run_counts_more_than_the_config() -> None:
    assert initial_source(_config(), "imagenet") == "imagenet"
    assert initial_source(_config(), None) == str(GOLDEN / "ckpt-0")
    config = _config()
    config.train_config.fine_tune_checkpoint = "PATH_TO_BE_CONFIGURED/ckpt-0"
    with pytest.raises(ConfigError, match=r"PATH_TO_BE_CONFIGURED/ckpt-0 does not exist.*--initial-weights"):
        initial_source(config, None)
    config.train_config.ClearField("fine_tune_checkpoint")
    assert initial_source(config, None) is None


def test_an_unknown_part_is_refused(detector: SsdDetector) -> None:
    with pytest.raises(ConfigError, match="'classification' is not supported; use 'detection' or 'full'"):
        load_initial_weights(detector, str(GOLDEN / "ckpt-0"), _config("classification"))
