from pathlib import Path

import numpy as np
import pytest

from detection.checkpoint.object_based import RestoredPart
from detection.checkpoint.weights import assign_arrays, save_weights, weight_arrays
from detection.config import pipeline_pb2 as pb
from detection.config.load import load_config
from detection.core.errors import ConfigError
from detection.model.ssd import SsdDetector, build_detector
from detection.runner.initial_weights import initial_key, load_initial_weights, restored_part

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"


@pytest.fixture(scope="module")
def detector() -> SsdDetector:
    return build_detector(_config().model.ssd)


def _config(kind: str = "") -> pb.TrainEvalPipelineConfig:
    config = load_config(GOLDEN / "pipeline.config")
    config.train_config.fine_tune_checkpoint = str(GOLDEN / "ckpt-0")
    config.train_config.fine_tune_checkpoint_type = kind
    return config


@pytest.mark.parametrize("source", ["weights.npz", str(GOLDEN / "ckpt-0")])
def test_what_was_loaded_can_be_set_again_over_newly_drawn_weights(
    detector: SsdDetector, tmp_path: Path, source: str
) -> None:
    detector.initialise(1)
    save_weights(detector.network, tmp_path / "weights.npz")
    detector.initialise(2)
    loaded = load_initial_weights(detector, str(tmp_path / source), _config("detection"))
    assert loaded.arrays.keys() < weight_arrays(detector.network).keys()
    expected = weight_arrays(detector.network)
    detector.initialise(2)
    assign_arrays(detector.network, loaded.arrays, source="memory", partial=True)
    for path, array in weight_arrays(detector.network).items():
        np.testing.assert_array_equal(array, expected[path])


def test_the_type_decides_the_part() -> None:
    assert restored_part(_config("full")) is RestoredPart.FULL
    assert restored_part(_config()) is RestoredPart.CLASSIFICATION
    config = _config()
    config.train_config.from_detection_checkpoint = True
    assert restored_part(config) is RestoredPart.DETECTION
    config.train_config.fine_tune_checkpoint_type = "classification"
    assert restored_part(config) is RestoredPart.CLASSIFICATION
    with pytest.raises(ConfigError, match="'fine' is not supported; use one of 'classification', 'detection'"):
        restored_part(_config("fine"))


def test_what_is_kept_in_memory_goes_by_source_and_part() -> None:
    assert initial_key(_config("full"), "a/ckpt-0") != initial_key(_config("detection"), "a/ckpt-0")
    assert initial_key(_config("full"), "imagenet") == initial_key(_config("detection"), "imagenet")
