"""Faults of the decoded file, each caused for real: damage, killed writers, full disks, several processes."""

import os
import resource
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import hidden_sibling
from sweepbox.detection.data.cache import CACHE_FOLDER, open_record_set
from sweepbox.detection.data.cache.arrow.checksum import is_intact, read_metadata
from sweepbox.detection.data.cache.cleanup import UNUSED_S, remove_unused
from sweepbox.detection.data.cache.file_state import SETTLED_NS, content_hashes, file_state
from tests.data.small_records import LABELS, assert_holds, cache_file, encode, picture, record, varied, write

from .second_process import SecondProcess


@contextmanager
def only_small_files(limit: int) -> Iterator[None]:
    """Let this process write no file longer than `limit` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def change_byte(file: Path, position: int) -> None:
    """Change one byte in place, as a failing disk would, with the same size, inode and name."""
    with file.open("r+b") as stream:
        stream.seek(position)
        byte = stream.read(1)[0]
        stream.seek(position)
        stream.write(bytes([byte ^ 0x10]))


def test_any_changed_byte_is_detected_or_irrelevant(tmp_path: Path) -> None:
    source = varied(12)
    paths = write(tmp_path, source)
    open_record_set(paths, LABELS)
    file, whole = cache_file(paths), cache_file(paths).read_bytes()
    damaged = tmp_path / "damaged.arrow"
    positions = {*range(0, len(whole), len(whole) // 60), *range(len(whole) - 1200, len(whole), 23)}
    noticed = 0
    for position in sorted(positions):
        damaged.write_bytes(whole)
        change_byte(damaged, position)
        if is_intact(damaged) and read_metadata(damaged) == read_metadata(file):
            file.unlink()
            shutil.copy(damaged, file)
            assert_holds(open_record_set(paths, LABELS), source)  # padding or unread bytes
        else:
            noticed += 1
    assert noticed > len(positions) // 2


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_damaged_file_is_detected_and_rewritten(tmp_path: Path, share: float) -> None:
    source = [record(index, encode(picture(index, (40, 50)))) for index in range(20)]
    paths = write(tmp_path, source)
    open_record_set(paths, LABELS)
    file = cache_file(paths)
    before = file.stat().st_ino
    change_byte(file, int(share * file.stat().st_size))
    os.utime(file, (1e9, 1e9))  # mtime can be set, ctime cannot
    assert_holds(open_record_set(paths, LABELS), source)
    assert cache_file(paths).stat().st_ino != before


def test_missing_rows_at_the_end_are_detected(tmp_path: Path) -> None:
    """A file that was closed early has a footer and complete batches, but no end marker."""
    import pyarrow as pa

    paths = write(tmp_path, varied(5))
    open_record_set(paths, LABELS)
    file, shorter = cache_file(paths), tmp_path / "shorter.arrow"
    with pa.OSFile(str(file)) as stream:
        reader = pa.ipc.open_file(stream)
        with pa.OSFile(str(shorter), "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            writer.write_batch(*reader.get_batch_with_custom_metadata(0))
    assert is_intact(file)
    assert not is_intact(shorter)


def test_intact_file_is_verified_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(tmp_path, varied(5))
    open_record_set(paths, LABELS)
    checked: list[Path] = []

    def check(path: Path) -> bool:
        checked.append(path)
        return is_intact(path)

    monkeypatch.setattr("sweepbox.detection.data.cache.open.is_intact", check)
    open_record_set(paths, LABELS)
    assert not checked  # its writer recorded that it is intact
    copy = tmp_path / "copy"
    shutil.copy(cache_file(paths), copy)
    shutil.move(copy, cache_file(paths))
    for _ in range(3):
        open_record_set(paths, LABELS)
    assert len(checked) == 1


def test_changed_shard_is_detected_immediately(tmp_path: Path) -> None:
    shard = tmp_path / "a.tfrecord"
    hashes = set()
    for content in (b"first", b"other", b"third"):
        shard.write_bytes(content)
        hashes.update(content_hashes([shard], tmp_path / "cache"))
    assert len(hashes) == 3


def test_hash_of_an_unchanged_shard_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards, folder = [tmp_path / "a.tfrecord", tmp_path / "b.tfrecord"], tmp_path / "cache"
    for shard in shards:
        shard.write_bytes(shard.name.encode())
    monkeypatch.setattr("sweepbox.detection.data.cache.file_state.SETTLED_NS", 0)
    first = content_hashes(shards, folder)
    read: list[Path] = []

    def hash_of(path: Path) -> str:
        read.append(path)
        return f"hash of {path.read_text()}"

    monkeypatch.setattr("sweepbox.detection.data.cache.file_state.sha256_of", hash_of)
    assert content_hashes(shards, folder) == first
    assert not read
    before = file_state(shards[1])
    shards[1].write_bytes(b"B.tfrecord")  # same length, old times
    os.utime(shards[1], ns=(before[2], before[2]))
    assert content_hashes(shards, folder) == [first[0], "hash of B.tfrecord"]
    (folder / "hashes.json").write_text('{"partial')
    content_hashes(shards, folder)
    assert read == [shards[1], *shards]
    assert SETTLED_NS > 10**9  # coarser than the clocks of the file systems in use


@pytest.mark.slow
def test_only_one_of_two_processes_rewrites_a_damaged_file(
    tmp_path: Path, second_process: SecondProcess
) -> None:
    source = [record(index, encode(picture(index, (40, 50)))) for index in range(20)]
    (path,) = write(tmp_path, source)
    old = open_record_set([path], LABELS)
    pixels = old.image(3).copy()
    change_byte(cache_file([path]), 100_000)
    second_process.start_opening(path)
    here = open_record_set([path], LABELS)
    written = cache_file([path]).stat().st_ino
    other = second_process.result()
    assert other["file"] == written == cache_file([path]).stat().st_ino
    assert (len(other["sums"]), other["encoded"]) == (20, False)
    assert_holds(here, source)
    assert is_intact(cache_file([path]))
    np.testing.assert_array_equal(old.image(3), pixels)  # a process that mapped the old file keeps it


def test_files_of_a_killed_writer_are_removed(tmp_path: Path, second_process: SecondProcess) -> None:
    source = [record(index, encode(picture(index, (40, 40)))) for index in range(80)]
    (path,) = write(tmp_path, source)
    folder = tmp_path / CACHE_FOLDER
    second_process.start_opening(path, fatal_row=40)
    assert second_process.wait_for_exit() == -signal.SIGKILL
    assert list(folder.glob(".*.tmp"))
    assert not list(folder.glob("*.arrow"))
    assert_holds(open_record_set([path], LABELS), source)
    assert not list(folder.glob(".*.tmp"))


def test_encoded_images_are_stored_if_pixels_do_not_fit(tmp_path: Path) -> None:
    flat = [record(index, encode(np.full((300, 400, 3), index, np.uint8))) for index in range(20)]
    (path,) = write(tmp_path, flat)
    with only_small_files(500_000):
        records = open_record_set([path], LABELS)
    assert (len(records), records.is_encoded) == (20, True)
    assert not list((tmp_path / CACHE_FOLDER).glob(".*.tmp"))


def test_full_disk_error_states_the_remedy(tmp_path: Path) -> None:
    (path,) = write(tmp_path, [record(0, encode(picture(0, (300, 400))))])
    with only_small_files(50_000), pytest.raises(DataError) as caught:
        open_record_set([path], LABELS)
    assert "the decoded images cannot be written (" in str(caught.value)
    assert "make room there, or name another folder for them (--cache)" in str(caught.value)
    assert not list((tmp_path / CACHE_FOLDER).glob("*.arrow"))
    assert not list((tmp_path / CACHE_FOLDER).glob(".*.tmp"))


def test_unused_files_are_removed_when_another_is_written(tmp_path: Path) -> None:
    paths = write(tmp_path, varied(4))
    old = open_record_set(paths, LABELS, max_side=15)
    recent = open_record_set(paths, LABELS, max_side=16)
    pixels = old.image(2).copy()
    long_ago = time.time() - UNUSED_S - 100
    (tmp_path / CACHE_FOLDER / "mine.arrow").write_bytes(b"a file of the user's")
    for file in (tmp_path / CACHE_FOLDER).iterdir():
        os.utime(file, (long_ago, long_ago))
    open_record_set(paths, LABELS, max_side=16)  # counts as a use
    new = open_record_set(paths, LABELS, max_side=17)
    names = {file.name for file in (tmp_path / CACHE_FOLDER).glob("*.arrow")}
    assert names == {recent.path.name, new.path.name, "mine.arrow"}
    assert not old.path.with_suffix(".whole").exists()
    np.testing.assert_array_equal(old.image(2), pixels)  # the process that mapped it keeps its pages
    assert_holds(open_record_set(paths, LABELS, max_side=100), varied(4))


def test_files_are_removed_earlier_if_the_folder_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write(tmp_path, varied(4))
    records = open_record_set(paths, LABELS)
    week_ago = time.time() - 8 * 86400
    for file in (tmp_path / CACHE_FOLDER).iterdir():
        os.utime(file, (week_ago, week_ago))
    remove_unused(tmp_path / CACHE_FOLDER, keep=tmp_path)
    assert records.path.exists()
    monkeypatch.setattr("sweepbox.detection.data.cache.cleanup.SHARE_OF_DISK", 0.0)
    remove_unused(tmp_path / CACHE_FOLDER, keep=tmp_path)
    assert not records.path.exists()


def test_error_names_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    paths = write(tmp_path, varied(1))
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="the folder for decoded images cannot be created"):
        open_record_set(paths, LABELS, cache_directory=tmp_path / "file" / "cache")


def test_old_temporary_files_are_removed_and_foreign_files_kept(tmp_path: Path) -> None:
    file = tmp_path / f"{'0a1b2c' * 4}.arrow"
    old, new, other = hidden_sibling(file), hidden_sibling(file), hidden_sibling(tmp_path / "mine.arrow")
    for path in (old, new, other):
        path.write_bytes(b"half")
    week_ago = time.time() - 8 * 86400
    for path in (old, other):
        os.utime(path, (week_ago, week_ago))
    remove_unused(tmp_path, keep=file)
    assert set(tmp_path.iterdir()) == {new, other}
