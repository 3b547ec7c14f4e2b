"""A folder or an object that a URI names, with the operations on it."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sweepbox.detection.core.errors import MissingObjectError, StorageError, SweepboxError
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.core.remote.filesystems import filesystem_of, has_folders
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.detection.core.remote.uri import check_uri, joined, root_and_path

Result = TypeVar("Result")

_COPY_BYTES = 8 * 2**20
_SECRET_VARIABLE = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY|ACCOUNT_KEY|SAS")


@dataclass(frozen=True)
class StoredObject:
    """An object of a listing.

    Attributes:
        name: Its name relative to what was listed, with slashes.
        size: Its bytes.
        modified: When it was written, in seconds since the epoch by the store's clock; None where unknown.
    """

    name: str
    size: int
    modified: float | None


@dataclass(frozen=True)
class Location:
    """A URI without credentials: those come from the environment, as its file system reads them.

    Objects are written as wholes. On a local disk (`file://`) a reader never sees half of one; elsewhere that
    is up to the store, and object stores promise it.

    Attributes:
        uri: The URI.
        retry: Repeats operations whose errors may pass.
    """

    uri: str
    retry: Retry = field(default=Retry(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse credentials; UsageError names them and the remedy."""
        check_uri(self.uri)

    def __str__(self) -> str:
        """Return the URI."""
        return self.uri

    @property
    def name(self) -> str:
        """The last part of its path."""
        return root_and_path(self.uri)[1].rpartition("/")[2] or urlsplit(self.uri).netloc

    def join(self, *names: str) -> "Location":
        """Return what is below it; the names may have slashes."""
        return replace(self, uri=joined(self.uri, *names))

    def with_retry(self, retry: Retry) -> "Location":
        """Return the same location with another patience."""
        return replace(self, retry=retry)

    def read_bytes(self, *, at_most: int | None = None) -> bytes:
        """Return an object's bytes, which others may have written.

        Args:
            at_most: The largest number of bytes that are read; None for any.

        Raises:
            MissingObjectError: There is no object.
            StorageError: It is larger, or the store cannot be reached.
        """
        content = self._do("read", lambda: self._read(None if at_most is None else at_most + 1))
        if at_most is not None and len(content) > at_most:
            raise StorageError(f"{self}: has more than {at_most} bytes, which it should not; remove the object")
        return content

    def write_bytes(self, data: bytes) -> None:
        """Write an object as a whole, in place of one that is there."""
        self._do("written", lambda: self._write(lambda stream: stream.write(data)))

    def upload_file(self, source: Path) -> None:
        """Write a local file's content as an object, in place of one that is there."""

        def upload() -> None:
            with source.open("rb") as file:
                self._write(lambda stream: shutil.copyfileobj(file, stream, _COPY_BYTES))

        self._do("written", upload)

    def download_file(self, target: Path) -> None:
        """Write an object to a local file, which appears as a whole; MissingObjectError where there is none."""
        self._do("read", lambda: self._download(target))

    def exists(self) -> bool:
        """Return whether there is an object, or anything below this location."""
        from pyarrow import fs

        return bool(self._do("looked up", lambda: self._info().type != fs.FileType.NotFound))

    def modified(self) -> float | None:
        """Return when an object was written, in seconds since the epoch by the store's clock; None if unknown.

        Raises:
            MissingObjectError: There is no object.
        """
        from pyarrow import fs

        info = self._do("looked up", self._info)
        if info.type != fs.FileType.File:
            raise MissingObjectError(f"{self}: there is no such object; check the URI")
        return _seconds(info.mtime)

    def list(self) -> tuple[StoredObject, ...]:
        """Return all objects below this location, in the order of their names; none where nothing is there."""
        return self._do("listed", self._list)

    def delete(self) -> None:
        """Delete an object, where it is there."""
        self._do("deleted", self._delete)

    def delete_below(self) -> None:
        """Delete all objects below this location."""
        for item in self.list():
            self.join(item.name).delete()

    def _do(self, done: str, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, which is repeated where its error may pass; StorageError otherwise."""
        try:
            return self.retry.call(work)
        except FileNotFoundError:
            raise MissingObjectError(f"{self}: there is no such object; check the URI") from None
        except SweepboxError:
            raise
        except Exception as error:  # noqa: BLE001 - each driver has its own kinds of errors
            # Without the cause: its text may hold what a driver prints of a request.
            raise StorageError(
                f"{self}: cannot be {done} ({without_secrets(error)}); check the network, the rights and the "
                "credentials in the environment, or wait until the store is back"
            ) from None

    def _opened(self) -> tuple[Any, str]:
        root, below = root_and_path(self.uri)
        filesystem, base = filesystem_of(root)
        return filesystem, f"{base.rstrip('/')}/{below}" if below else base

    def _info(self) -> Any:
        filesystem, path = self._opened()
        return filesystem.get_file_info(path)

    def _read(self, at_most: int | None) -> bytes:
        filesystem, path = self._opened()
        with filesystem.open_input_stream(path, compression=None) as stream:
            return bytes(stream.read() if at_most is None else stream.read(at_most))

    def _write(self, fill: Callable[[Any], object]) -> None:
        filesystem, path = self._opened()
        if filesystem.type_name == "local":
            with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
                fill(file)
            return
        if has_folders(filesystem):
            filesystem.create_dir(path.rpartition("/")[0], recursive=True)
        with filesystem.open_output_stream(path, compression=None) as stream:
            fill(stream)

    def _download(self, target: Path) -> None:
        filesystem, path = self._opened()
        with (
            atomic_path(target, is_durable=False) as temporary,
            filesystem.open_input_stream(path, compression=None) as stream,
            temporary.open("wb") as file,
        ):
            shutil.copyfileobj(stream, file, _COPY_BYTES)

    def _list(self) -> tuple[StoredObject, ...]:
        from pyarrow import fs

        filesystem, path = self._opened()
        found = filesystem.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
        prefix = f"{path.strip('/')}/"
        return tuple(
            StoredObject(info.path.strip("/").removeprefix(prefix), info.size or 0, _seconds(info.mtime))
            for info in sorted(found, key=lambda info: info.path)
            if info.type == fs.FileType.File
        )

    def _delete(self) -> None:
        filesystem, path = self._opened()
        try:
            filesystem.delete_file(path)
        except FileNotFoundError:
            return


def without_secrets(error: BaseException) -> str:
    """Return the first line of an error's text without the values of secret environment variables."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_VARIABLE.search(name.upper()):
            text = text.replace(value, "***")
    return text[:500]


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
