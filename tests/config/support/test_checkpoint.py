import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.checkpoint import CHECKPOINT_TYPES, check_checkpoint_type


@pytest.mark.parametrize("kind", ["", *CHECKPOINT_TYPES])
def test_known_types_are_supported(kind: str) -> None:
    config = pb.TrainEvalPipelineConfig()
    config.train_config.fine_tune_checkpoint_type = kind
    assert list(check_checkpoint_type(config)) == []


def test_unknown_type_is_rejected() -> None:
    config = pb.TrainEvalPipelineConfig()
    config.train_config.fine_tune_checkpoint_type = "fine_tune"
    [problem] = check_checkpoint_type(config)
    assert problem.startswith(
        "train_config.fine_tune_checkpoint_type = 'fine_tune' is not supported; use 'class"
    )
