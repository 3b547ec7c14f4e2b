"""A small config and a function that edits it, for the tests of `config`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config

# A slow machine must not fail a property test.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

Edited = Callable[..., pb.TrainEvalPipelineConfig]


@pytest.fixture
def config_path() -> Path:
    return Path(__file__).with_name("small.config")


@pytest.fixture
def config(config_path: Path) -> pb.TrainEvalPipelineConfig:
    return load_config(config_path)


@pytest.fixture
def edited(config: pb.TrainEvalPipelineConfig) -> Edited:
    """Return the small config with edits given as `PATH=VALUE`."""
    return lambda *texts: apply_edits(config, map(parse_edit, texts))
