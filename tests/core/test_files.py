import resource
import signal
from pathlib import Path

import pytest

from sweepbox.detection.core import files


def test_write_json_creates_parent_folders(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert (tmp_path / "a" / "b.json").read_text() == '{\n  "x": 1\n}\n'


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "value.txt"
    files.write_text(path, "old")

    def fail() -> None:
        with files.atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        fail()
    assert [entry.name for entry in tmp_path.iterdir()] == ["value.txt"]
    assert path.read_text() == "old"


def test_write_json_rejects_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        files.write_json(tmp_path / "x.json", {"metric": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_atomic_directory_replaces_the_old_folder_only_on_success(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with files.atomic_directory(path) as temporary:
        (temporary / "one").write_text("1")

    def fail() -> None:
        with files.atomic_directory(path) as temporary:
            (temporary / "two").write_text("2")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert [entry.name for entry in path.iterdir()] == ["one"]
    with files.atomic_directory(path) as temporary:
        (temporary / "three").write_text("3")
    assert [entry.name for entry in path.iterdir()] == ["three"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_sha256_of_known_bytes(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert files.sha256_of(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_target_of_temporary_inverts_hidden_sibling(tmp_path: Path) -> None:
    path = tmp_path / "weights.v2.npz"
    hidden = files.hidden_sibling(path)
    hidden.touch()
    assert list(tmp_path.glob(files.TEMPORARY_PATTERN)) == [hidden]
    assert files.target_of_temporary(hidden) == path
    for other in (path, tmp_path / ".hidden", tmp_path / ".notes.tmp"):
        assert files.target_of_temporary(other) is None


def test_where_the_folder_has_to_exist_nothing_is_made_in_its_place(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(FileNotFoundError):
        files.write_json(gone / "file.json", {}, makes_folder=False)
    with pytest.raises(FileNotFoundError), files.atomic_directory(gone / "folder", makes_folder=False):
        pass
    assert not gone.exists()


def test_an_error_of_the_disk_names_the_file_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    limit, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large") as error:
            files.write_bytes(path, bytes(100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert error.value.filename == str(path)
    assert not list(tmp_path.iterdir())
