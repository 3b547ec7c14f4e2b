import fcntl
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend import temporary_folder
from sweepbox.tuning.ray_backend.temporary_folder import (
    LONGEST_SOCKET_BYTES,
    PARENT_VARIABLE,
    PREFIX,
    SOCKET_IN_FOLDER,
    empty_folder,
    private_folder,
)


@pytest.fixture(autouse=True)
def parent(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PARENT_VARIABLE, str(short_folder))
    return short_folder


def test_the_folder_is_its_owners_alone_and_gone_at_the_end(parent: Path) -> None:
    with private_folder() as folder:
        private = folder.parent
        assert private.parent == parent
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert os.environ[PARENT_VARIABLE] == str(private)
        folder.mkdir(mode=0o777)
        (folder / "file").touch()
    assert not list(parent.iterdir())
    assert os.environ[PARENT_VARIABLE] == str(parent)


def test_it_is_gone_after_an_error_too(parent: Path) -> None:
    with pytest.raises(RuntimeError), private_folder():
        raise RuntimeError
    assert not list(parent.iterdir())


def test_two_folders_have_two_names() -> None:
    with private_folder() as one:
        pass
    with private_folder() as other:
        assert one != other


@pytest.mark.parametrize("length", [1, 10, 24])
def test_sockets_fit_into_the_longest_folder_that_is_taken(
    parent: Path, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = parent / ("x" * length)
    chosen.mkdir()
    monkeypatch.setenv(PARENT_VARIABLE, str(chosen))
    try:
        with private_folder() as folder:
            assert len(os.fsencode(folder)) + len(SOCKET_IN_FOLDER) <= LONGEST_SOCKET_BYTES
    except SweepError as error:
        assert "at most" in str(error)


@pytest.mark.parametrize("name", ["x" * 60, "ä" * 30, "y" * 200])
def test_a_chosen_folder_that_is_too_long_is_refused_with_the_limit(
    parent: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (parent / name).mkdir()
    monkeypatch.setenv(PARENT_VARIABLE, str(parent / name))
    with (
        pytest.raises(SweepError, match=r"at most \d+ bytes, .*; set RAY_TMPDIR to such a folder"),
        private_folder(),
    ):
        pass


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_chosen_folder_that_is_none_is_refused(
    parent: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (parent / "file").touch(mode=0o600)
    monkeypatch.setenv(PARENT_VARIABLE, str(parent / name))
    with pytest.raises(SweepError, match="writable temporary folder"), private_folder():
        pass


def test_a_long_temporary_folder_of_the_system_is_passed_over(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PARENT_VARIABLE)
    monkeypatch.setattr(temporary_folder, "FALLBACK", parent)
    long = parent / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(temporary_folder.tempfile, "gettempdir", lambda: str(long))
    with private_folder() as folder:
        assert folder.parent.parent == parent


def test_the_folder_of_a_killed_process_is_removed_by_the_next(parent: Path) -> None:
    code = (
        "import os, signal\n"
        "from sweepbox.tuning.ray_backend.temporary_folder import private_folder\n"
        "with private_folder():\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    [left] = parent.iterdir()
    with private_folder():
        assert not left.exists()


def test_folders_in_use_and_those_of_others_stay(parent: Path) -> None:
    (parent / "other").mkdir()
    (parent / f"{PREFIX}new").mkdir()  # has no lock yet
    (parent / f"{PREFIX}link").symlink_to(parent / "other")
    (parent / f"{PREFIX}used").mkdir()
    with (parent / f"{PREFIX}used" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with private_folder():
            names = {path.name for path in parent.iterdir()}
    assert {"other", f"{PREFIX}new", f"{PREFIX}link", f"{PREFIX}used"} < names


@pytest.mark.parametrize("make", [private_folder, empty_folder])
def test_what_a_killed_process_left_is_removed_with_the_next_folder(
    parent: Path, make: Callable[[], AbstractContextManager[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(parent))
    code = (
        "import os, signal; from sweepbox.tuning.ray_backend.temporary_folder import empty_folder; "
        "folder = empty_folder(); folder.__enter__(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(parent)}, check=False)
    [abandoned] = parent.iterdir()
    with make():
        assert not abandoned.exists()
    assert not list(parent.iterdir())
