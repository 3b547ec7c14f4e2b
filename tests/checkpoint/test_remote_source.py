"""Initial weights on a URI are fetched once by each machine; the URI names what a path may name."""

import shutil
from pathlib import Path

import pytest

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.source import initial_source, is_own_checkpoint
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, ModelError

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v1_ssd_small"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fetched(uri: str) -> Path:
    return Path(str(initial_source(pb.TrainEvalPipelineConfig(), uri)))


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A folder as the model zoo has them: a checkpoint, and a large model that is not needed."""
    folder = tmp_path / "zoo"
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "saved_model").mkdir()
    (folder / "saved_model" / "saved_model.pb").write_bytes(b"large")
    for path in GOLDEN.glob("ckpt-0.*"):
        shutil.copy(path, folder / "checkpoint")
    return folder


@pytest.mark.parametrize("named", ["", "/checkpoint", "/checkpoint/ckpt-0", "/checkpoint/ckpt-0.index"])
def test_a_checkpoint_is_found_as_by_its_path(zoo: Path, cache: Path, named: str) -> None:
    source = fetched(zoo.as_uri() + named)
    assert source.is_relative_to(cache)
    names = sorted(path.name for path in cache.rglob("ckpt-0*"))
    assert names == ["ckpt-0.data-00000-of-00001", "ckpt-0.index"]
    assert not list(cache.rglob("saved_model*"))
    assert fetched(zoo.as_uri() + named) == source


def test_a_checkpoint_of_sweepbox_and_its_file_of_weights(light_checkpoint: Path, cache: Path) -> None:
    assert is_own_checkpoint(str(fetched(light_checkpoint.as_uri())))
    weights = fetched(f"{light_checkpoint.as_uri()}/{WEIGHTS_FILE}")
    assert weights.read_bytes() == (light_checkpoint / WEIGHTS_FILE).read_bytes()
    assert [path.name for path in weights.parent.glob("[!.]*")] == [WEIGHTS_FILE]


def test_changed_weights_are_noticed(tmp_path: Path) -> None:
    weights = tmp_path / "weights.npz"
    weights.write_bytes(b"one")
    before = fetched(weights.as_uri())
    weights.write_bytes(b"other")
    after = fetched(weights.as_uri())
    assert before.read_bytes() == b"one"
    assert after.read_bytes() == b"other"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    uri = f"{tmp_path.as_uri()}/nothing"
    with pytest.raises(ModelError, match=f"{uri}: there is no such file, checkpoint or folder"):
        fetched(uri)
    config = pb.TrainEvalPipelineConfig()
    config.train_config.fine_tune_checkpoint = uri
    with pytest.raises(ConfigError, match=r"train_config\.fine_tune_checkpoint: .*nothing: there is no such"):
        initial_source(config, None)
