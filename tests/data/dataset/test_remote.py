"""Prepared records on a URI are fetched once by each machine, and read as those in a folder are."""

import json
import logging
import shutil
from pathlib import Path

import pytest

from sweepbox.detection.config.label_map import LABEL_MAP_FILE
from sweepbox.detection.core.errors import DataError, StorageError, UsageError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.data.dataset.prepare import PrepareSettings, open_dataset, prepare
from sweepbox.detection.data.dataset.prepared import DESCRIPTION
from sweepbox.detection.data.dataset.remote import local_data


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def store(records: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(records, tmp_path / "store", ignore=shutil.ignore_patterns(".*")))


def test_the_records_are_those_of_the_uri(store: Path, cache: Path) -> None:
    folder = local_data(store.as_uri())
    assert folder.is_relative_to(cache)
    there, here = open_dataset(store), open_dataset(folder)
    assert here.content_sha256() == there.content_sha256()
    assert here.label_map == there.label_map
    assert [path.name for path in here.train] == [path.name for path in there.train]
    assert local_data(store.as_uri()) == folder


def test_a_folder_stays_where_it_is(store: Path, cache: Path) -> None:
    assert local_data(store) == store
    assert local_data(str(store)) == store
    assert not cache.exists()


def test_records_that_were_prepared_again_are_noticed(store: Path, photographs: Path, tmp_path: Path) -> None:
    before = local_data(store.as_uri())
    shutil.rmtree(store)
    prepare(photographs, store, PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=2))
    after = local_data(store.as_uri())
    assert open_dataset(after).content_sha256() == open_dataset(store).content_sha256()
    assert open_dataset(after).content_sha256() != open_dataset(before).content_sha256()


def test_a_changed_label_map_is_noticed(store: Path) -> None:
    before = local_data(store.as_uri())
    label_map = store / LABEL_MAP_FILE
    label_map.write_text("# other\n" + label_map.read_text())
    after = local_data(store.as_uri())
    assert after != before
    assert (after / LABEL_MAP_FILE).read_text() == label_map.read_text()


def test_the_last_copy_is_used_where_the_store_is_away(
    store: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    folder = local_data(store.as_uri())
    store.rename(tmp_path / "elsewhere")
    store.write_text("a file where the store was")
    with caplog.at_level(logging.WARNING):
        assert local_data(store.as_uri()) == folder
    assert "the records that were fetched before are used" in caplog.text
    with pytest.raises(StorageError, match="other"):
        (tmp_path / "other").touch()
        local_data((tmp_path / "other").as_uri())


@pytest.mark.parametrize("name", [DESCRIPTION, LABEL_MAP_FILE])
def test_a_uri_without_prepared_records_is_refused(store: Path, name: str) -> None:
    (store / name).unlink()
    with pytest.raises(DataError, match=f"{name} is missing .*; upload the folder that `sweepbox prepare`"):
        local_data(store.as_uri())


def test_an_upload_that_is_not_complete_is_refused(store: Path) -> None:
    shard = next(store.glob("*.tfrecord*"))
    content = shard.read_bytes()
    shard.write_bytes(content[:-1])
    with pytest.raises(DataError, match=rf"{shard.name}: the object has {len(content) - 1} bytes instead of"):
        local_data(store.as_uri())
    shard.unlink()
    with pytest.raises(DataError, match=rf"{shard.name}: the object is missing; upload the folder again"):
        local_data(store.as_uri())


def test_a_description_cannot_name_files_outside(store: Path, tmp_path: Path, cache: Path) -> None:
    content = json.loads((store / DESCRIPTION).read_text())
    (tmp_path / "secret").write_text("secret")
    content["splits"]["train"]["files"] = {"../secret": {"bytes": 6, "sha256": "0" * 64}}
    write_json(store / DESCRIPTION, content)
    with pytest.raises(DataError):
        local_data(store.as_uri())
    assert not list(cache.rglob("secret"))


def test_a_malformed_uri_is_refused() -> None:
    with pytest.raises(UsageError, match="two slashes"):
        local_data("s3:/bucket/records")
