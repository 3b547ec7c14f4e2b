from pathlib import Path

import pytest

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS, initial_source, is_backbone_source
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, ModelError
from sweepbox.detection.model.weights import IMAGENET

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"


def _config(checkpoint: str) -> pb.TrainEvalPipelineConfig:
    config = pb.TrainEvalPipelineConfig()
    config.train_config.fine_tune_checkpoint = checkpoint
    return config


def test_initial_weights_of_the_run_override_the_config() -> None:
    config = _config(str(GOLDEN / "ckpt-0"))
    assert initial_source(config, "imagenet") == "imagenet"
    assert initial_source(config, None) == str(GOLDEN / "ckpt-0")
    assert initial_source(pb.TrainEvalPipelineConfig(), None) is None


def test_a_missing_source_is_refused_with_a_remedy(tmp_path: Path) -> None:
    remedy = r"no such checkpoint; correct the path, name other .*--initial-weights.* or clear the field"
    with pytest.raises(ConfigError, match=rf"fine_tune_checkpoint: PATH_TO_BE_CONFIGURED/ckpt-0: .*{remedy}"):
        initial_source(_config("PATH_TO_BE_CONFIGURED/ckpt-0"), None)
    with pytest.raises(ModelError, match=r"absent\.npz: there is no such file"):
        initial_source(_config(""), str(tmp_path / "absent.npz"))


def test_backbone_weights_are_distinguished_from_checkpoints() -> None:
    assert KERAS_WEIGHTS == IMAGENET
    assert [is_backbone_source(name) for name in ("imagenet", "a.npz", "a.weights.h5", "ckpt-0", "folder")] == [
        True,
        True,
        True,
        False,
        False,
    ]
