"""A sweep keeps the URIs of its records and weights as they are, and each machine reads its own copies."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.readiness import check_ready
from sweepbox.tuning.trial.settings import check_weights


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def store(records: Path, light_checkpoint: Path, tmp_path: Path) -> Path:
    store = tmp_path / "store"
    shutil.copytree(records, store / "records", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(light_checkpoint, store / "weights")
    return store


def test_records_and_weights_on_uris(
    write_spec: Callable[..., Path], store: Path, cache: Path, photographs: Path, tmp_path: Path
) -> None:
    data, weights = (store / "records").as_uri(), (store / "weights").as_uri()
    spec = write_spec(initial_weights=weights, set={"train_config.fine_tune_checkpoint": weights})
    folder = create_sweep(SweepRequest(spec, data=data, out=tmp_path / "run"))
    kept = load_spec(folder.spec)
    assert (kept.data, kept.initial_weights) == (data, weights)
    base = load_config(folder.base_config)
    assert base.train_config.fine_tune_checkpoint == weights
    shutil.rmtree(cache)  # as on another machine
    check_ready(folder, kept)
    check_weights(folder, kept.model_copy(update={"initial_weights": None}), base)
    assert len(list(cache.rglob("weights.npz"))) == 1
    shutil.rmtree(store / "records")
    prepare(photographs, store / "records", PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=2))
    with pytest.raises(SweepError, match=f"{data}: the records are not those that the sweep began with"):
        check_ready(folder, kept)


@pytest.mark.parametrize("key", ["data", "initial_weights"])
def test_a_uri_with_nothing_is_refused_before_anything_is_made(
    write_spec: Callable[..., Path], store: Path, tmp_path: Path, key: str
) -> None:
    uri = (store / "nothing").as_uri()
    with pytest.raises(SweepError, match=uri):
        create_sweep(SweepRequest(write_spec(**{key: uri}), out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()
