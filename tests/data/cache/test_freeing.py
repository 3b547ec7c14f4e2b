"""Freeing a cache folder: what a process uses stays."""

import mmap
from pathlib import Path

import pytest
from filelock import FileLock

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.remote.fetched import WantedFile, fetched_folder
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.data.cache.freeing import free_cache, free_fetched_files
from sweepbox.detection.data.cache.open import CACHE_FOLDER

NAMES = [f"{'a' * 24}.arrow", f"{'b' * 24}.arrow", f"{'c' * 24}.arrow", f"weights-{'d' * 24}.bin"]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / CACHE_FOLDER
    folder.mkdir()
    for name in (*NAMES, "other.arrow"):
        (folder / name).write_bytes(b"x" * 100)
    return folder


@pytest.mark.parametrize("named", ["records", "cache"])
def test_files_that_nothing_uses_are_removed(cache: Path, named: str) -> None:
    assert free_cache(cache if named == "cache" else cache.parent) == 400
    assert [path.name for path in cache.iterdir()] == ["other.arrow"]


def test_files_that_are_mapped_or_being_written_stay(cache: Path) -> None:
    with (
        (cache / NAMES[0]).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ),
        FileLock((cache / NAMES[1]).with_suffix(".lock")),
    ):
        assert free_cache(cache) == 200
    assert {path.name for path in cache.glob("*.arrow")} == {*NAMES[:2], "other.arrow"}


@pytest.mark.parametrize("is_mapped", [True, False])
def test_fetched_files_in_use_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_mapped: bool) -> None:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "machine"))
    (tmp_path / "a").write_bytes(b"x" * 100)
    source = Location(tmp_path.as_uri())
    folders = [fetched_folder(source, [WantedFile("a", version=version)]) for version in "12"]
    with (folders[0] / "a").open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if is_mapped else None
        if is_mapped:
            file.close()
        assert free_fetched_files() >= 100
        assert [folder.exists() for folder in folders] == [True, False]
        if mapping is not None:
            mapping.close()
    assert free_fetched_files() >= 100
    assert not folders[0].exists()


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        free_cache(tmp_path / "absent")
