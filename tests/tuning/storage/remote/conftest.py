"""A sweep's files without trainings, on stores that need no network."""

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.store import SweepStore


class UnreliableFileSystem(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store in memory that can be away."""

    protocol = "unreliable"
    is_away = threading.Event()

    def _check(self) -> None:
        if self.is_away.is_set():
            raise TimeoutError("the store does not answer")

    def _open(self, *arguments: Any, **options: Any) -> Any:
        self._check()
        return super()._open(*arguments, **options)

    def ls(self, *arguments: Any, **options: Any) -> Any:
        self._check()
        return super().ls(*arguments, **options)

    def info(self, *arguments: Any, **options: Any) -> Any:
        self._check()
        return super().info(*arguments, **options)

    def makedirs(self, *arguments: Any, **options: Any) -> Any:
        self._check()
        return super().makedirs(*arguments, **options)


@pytest.fixture
def away() -> Iterator[threading.Event]:
    """While this is set, stores of `unreliable://` do not answer."""
    fsspec.register_implementation("unreliable", UnreliableFileSystem, clobber=True)
    UnreliableFileSystem.is_away.clear()
    yield UnreliableFileSystem.is_away
    UnreliableFileSystem.is_away.clear()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """The URI of an empty store on this disk."""
    return f"file://{tmp_path}/store/run"


@pytest.fixture
def unreliable_uri(away: threading.Event) -> str:
    """The URI of an empty store that can be away."""
    return f"unreliable://{uuid.uuid4().hex}/run"


@pytest.fixture
def store(uri: str) -> SweepStore:
    """The empty store on this disk."""
    return SweepStore(Location(uri))


Fill = Callable[..., None]


@pytest.fixture
def fill() -> Fill:
    """Return a function that writes a sweep with one trial, whose files all hold a word."""

    def write(folder: SweepFolder, word: str, *, trial: str = "0000", has_state: bool = True) -> None:
        files = {"sweep.yaml": "name: tiny\n", f"trials/{trial}/state.json": f'"{word}"\n'}
        for name, text in files.items():
            (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
            (folder.path / name).write_text(text)
        for name in ("best", "last") if has_state else ("best",):
            path = folder.trial(trial).path / name / "weights.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_bytes(b"\xff" + word.encode() * 1000)

    return write
