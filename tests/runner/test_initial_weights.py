import json
from pathlib import Path

import pytest

from sweepbox.detection.checkpoint.object_based import RestoredPart
from sweepbox.detection.checkpoint.weights import save_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.runner.initial_weights import (
    load_initial_weights,
    report_from_json,
    report_to_json,
    restored_part,
)

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
def test_a_report_survives_a_round_trip_through_json(
    detector: SsdDetector, tmp_path: Path, source: str
) -> None:
    save_weights(detector.network, tmp_path / "weights.npz")
    report = load_initial_weights(detector, str(tmp_path / source), _config("detection"))
    assert report_from_json(json.loads(json.dumps(report_to_json(report)))) == report


def test_the_checkpoint_type_selects_the_part() -> None:
    assert restored_part(_config("full")) is RestoredPart.FULL
    assert restored_part(_config()) is RestoredPart.CLASSIFICATION
    config = _config()
    config.train_config.from_detection_checkpoint = True
    assert restored_part(config) is RestoredPart.DETECTION
    config.train_config.fine_tune_checkpoint_type = "classification"
    assert restored_part(config) is RestoredPart.CLASSIFICATION
    with pytest.raises(ConfigError, match="'fine' is not supported; use one of 'classification', 'detection'"):
        restored_part(_config("fine"))
