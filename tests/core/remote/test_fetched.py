"""A machine fetches the files of a URI once, checks them, and notices what has changed."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import DataError, MissingObjectError
from sweepbox.detection.core.remote import fetched
from sweepbox.detection.core.remote.fetched import (
    RECORD,
    WantedFile,
    fetched_folder,
    free_fetched,
    last_fetched,
)
from sweepbox.detection.core.remote.location import Location

CONTENTS = {"a.bin": b"a" * 1000, "part/b.bin": b"b" * 2000}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name, content in CONTENTS.items():
        path = tmp_path / "store" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "store"


def wanted(**contents: bytes) -> list[WantedFile]:
    files = CONTENTS | {name.replace("_", "."): content for name, content in contents.items()}
    return [
        WantedFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    ]


def location(store: Path) -> Location:
    return Location(store.as_uri())


def test_files_are_fetched_once(store: Path) -> None:
    folder = fetched_folder(location(store), wanted())
    assert {name: (folder / name).read_bytes() for name in CONTENTS} == CONTENTS
    (store / "a.bin").unlink()
    assert fetched_folder(location(store), wanted()) == folder
    assert last_fetched(location(store)) == folder


def test_processes_that_ask_at_once_fetch_once(store: Path, tmp_path: Path) -> None:
    code = f"""
import logging, sys
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
logging.basicConfig(level=logging.INFO)
from sweepbox.detection.core.remote.fetched import WantedFile, fetched_folder
from sweepbox.detection.core.remote.location import Location
print(fetched_folder(Location({store.as_uri()!r}), {wanted()!r}))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert len({output for output, _ in told}) == 1
    assert sum("fetching 2 files" in log for _, log in told) == 1


def test_changed_files_come_into_another_folder(store: Path) -> None:
    before = fetched_folder(location(store), wanted())
    (store / "a.bin").write_bytes(b"other")
    after = fetched_folder(location(store), wanted(a_bin=b"other"))
    assert after != before
    assert (after / "a.bin").read_bytes() == b"other"
    assert (before / "a.bin").read_bytes() == CONTENTS["a.bin"]
    assert last_fetched(location(store)) == after


def test_files_without_hashes_are_known_by_their_versions(store: Path) -> None:
    before = fetched_folder(location(store), [WantedFile("a.bin", version="1")])
    assert fetched_folder(location(store), [WantedFile("a.bin", version="1")]) == before
    assert fetched_folder(location(store), [WantedFile("a.bin", version="2")]) != before


def test_what_a_killed_process_had_fetched_is_not_fetched_again(store: Path) -> None:
    folder = fetched_folder(location(store), wanted())
    (folder / RECORD).unlink()
    (folder / "part" / "b.bin").write_bytes(b"half")
    (store / "a.bin").unlink()  # it is complete already
    assert last_fetched(location(store)) is None
    assert fetched_folder(location(store), wanted()) == folder
    assert (folder / "part" / "b.bin").read_bytes() == CONTENTS["part/b.bin"]


def test_a_damaged_copy_is_fetched_again(store: Path) -> None:
    folder = fetched_folder(location(store), wanted())
    (folder / "a.bin").write_bytes(b"x" * 1000)
    assert (fetched_folder(location(store), wanted()) / "a.bin").read_bytes() == CONTENTS["a.bin"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"a" * 999, "has 999 bytes instead of 1000"), (b"b" * 1000, "has another SHA-256 than is stated")],
)
def test_an_object_with_other_content_is_refused(store: Path, content: bytes, problem: str) -> None:
    (store / "a.bin").write_bytes(content)
    with pytest.raises(DataError, match=f"a.bin: the object {problem}; upload the folder again"):
        fetched_folder(location(store), wanted())
    assert last_fetched(location(store)) is None


def test_a_missing_object_is_named(store: Path) -> None:
    (store / "a.bin").unlink()
    with pytest.raises(MissingObjectError, match=r"a\.bin"):
        fetched_folder(location(store), wanted())


@pytest.mark.parametrize("name", ["../a.bin", "/etc/a", "part/../../a", RECORD, "", "..\\a"])
def test_names_that_lead_out_of_the_folder_are_refused(store: Path, cache: Path, name: str) -> None:
    with pytest.raises(DataError, match="no path below it"):
        fetched_folder(location(store), [WantedFile(name, 1)])
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_named_with_the_remedy(store: Path, cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(
        DataError, match=r"cannot be written .*; free disk space there, or name another folder in"
    ):
        fetched_folder(location(store), wanted())


def test_what_does_not_fit_the_disk_is_not_begun(store: Path) -> None:
    with pytest.raises(DataError, match="MB are free; free disk space there, or name another folder in"):
        fetched_folder(location(store), [WantedFile("a.bin", 2**60)])


def test_files_in_use_stay_where_the_others_are_freed(store: Path, cache: Path) -> None:
    used = fetched_folder(location(store), wanted())
    other = fetched_folder(location(store), [WantedFile("a.bin", version="1")])
    assert free_fetched(used={str(used / ".sweepbox-cache" / "x.arrow")}) >= 1000
    assert used.is_dir()
    assert not other.exists()
    assert free_fetched(used=set()) >= 3000
    assert not list((cache / "fetched").iterdir())


def test_folders_that_nothing_used_for_long_go_when_another_is_fetched(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fetched_folder(location(store), wanted())
    recent = fetched_folder(location(store), [WantedFile("a.bin", version="1")])
    now = time.time()
    monkeypatch.setattr(fetched.time, "time", lambda: now + fetched.UNUSED_S - 60)
    fetched_folder(location(store), [WantedFile("a.bin", version="2")])
    assert old.is_dir()
    monkeypatch.setattr(fetched.time, "time", lambda: now + fetched.UNUSED_S + 60)
    fetched_folder(location(store), [WantedFile("a.bin", version="3")])
    assert not old.exists()
    assert not recent.exists()
