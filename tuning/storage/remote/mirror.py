"""A local mirror of a sweep on a store."""

import re
import shutil
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sweepbox.detection.core.errors import MissingObjectError, SweepError
from sweepbox.detection.core.files import sha256_of, write_bytes, write_text
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.layout import LARGE_FOLDERS, TRIALS, large_folder_of, part_of
from sweepbox.tuning.storage.remote.manifest import FileEntry, Manifest, Version, parse_manifest
from sweepbox.tuning.storage.remote.place import Place
from sweepbox.tuning.storage.remote.snapshot import HashCache, Snapshot, files_of_part, taken
from sweepbox.tuning.storage.remote.store import SweepStore, TornError

ATTEMPTS = 5
"""How often a part is fetched whose files a newer version has replaced meanwhile."""
THREADS = 16
HEAD_BYTES = 300
_VERSION = re.compile(rb'^\{"part": "[^"]*", "epoch": (\d+), "number": (\d+), ')
"""What a note on a part begins with."""


class Mirror:
    """A folder that holds what a sweep's manifests say; large files are fetched when they are asked for.

    Attributes:
        place: Where it is.
        store: The sweep on the store.
        folder: The sweep's folder.
    """

    def __init__(self, place: Place) -> None:
        """Read nothing yet."""
        self.place = place
        self.store = SweepStore(place.location)
        self.folder = SweepFolder(place.folder)
        self._held: dict[str, Manifest] = {}
        self._hashes = HashCache()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this machine from changing the folder in the block."""
        from filelock import FileLock  # not needed by those who only look

        self.place.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.place.lock):
            yield

    def held(self, part: str) -> Manifest | None:
        """Return the manifest of what the folder holds of a part; None where it holds nothing."""
        if part not in self._held:
            path = self._note(part)
            try:
                self._held[part] = parse_manifest(path.read_bytes(), source=str(path))
            except (OSError, SweepError):
                return None  # it is fetched anew
        return self._held[part]

    def parts(self) -> tuple[str, ...]:
        """Return the parts of which the folder holds something."""
        notes = self.place.manifests.rglob("*.json")
        return tuple(sorted(path.relative_to(self.place.manifests).as_posix()[:-5] for path in notes))

    def _note(self, part: str) -> Path:
        return self.place.manifests / f"{part}.json"

    def fetch(self, parts: Collection[str] | None = None) -> dict[str, Version]:
        """Bring parts, by default all, up to their versions on the store, and return all versions there.

        A part that is not on the store any more is removed.

        Raises:
            StorageError: The store cannot be reached.
            SweepError: A manifest or an object is damaged.
        """
        for attempt in range(1, ATTEMPTS + 1):
            versions = self.store.versions()
            wanted = {part: version for part, version in versions.items() if parts is None or part in parts}
            changed = [part for part, version in wanted.items() if not self._holds(part, version)]
            try:
                with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as threads:
                    list(threads.map(self._fetch_part, changed, [wanted[part] for part in changed]))
                break
            except (TornError, MissingObjectError):
                if attempt == ATTEMPTS:
                    raise
        for part in set(self.parts() if parts is None else parts) - versions.keys():
            self._forget(part)
        return versions

    def apply(self, manifest: Manifest, *, may_download: bool = True) -> None:
        """Make the folder hold a version of a part; its large files are fetched when they are asked for.

        Without `may_download` that is so for all files but small texts.
        """
        new = {entry.name: entry for entry in manifest.files}
        for name, path in files_of_part(self.folder.path, manifest.part, with_log=True):
            if name not in new:
                path.unlink(missing_ok=True)
        for entry in manifest.files:
            self._make(entry, may_download=may_download)
        if manifest.part.startswith(TRIALS):
            self._arrange_large_folders(manifest)
        self.record(manifest)

    def record(self, manifest: Manifest) -> None:
        """Note that the folder holds a version of a part."""
        write_text(self._note(manifest.part), manifest.to_text())
        self._held[manifest.part] = manifest

    def materialise(self, path: Path) -> None:
        """Fetch the files below a folder of the mirror, or one file, where they are missing or others.

        Raises:
            StorageError: The store cannot be reached, or has not all of them.
            SweepError: They are damaged on the store.
        """
        below = path.absolute().relative_to(self.folder.path.absolute()).as_posix()
        part = part_of(f"{below}/file") or part_of(below)
        held = None if part is None else self.held(part)
        for entry in () if held is None else held.files:
            inside = entry.name == below or entry.name.startswith(f"{below}/")
            if inside and not self._is_there(entry):
                self._download(entry)

    def snapshot(self, part: str, *, epoch: int, first_number: int = 1, with_log: bool = False) -> Snapshot:
        """Return a part as the folder has it now, as the version after the one that it holds.

        Its number is `first_number` at least.
        """
        before = self.held(part)
        number = first_number if before is None else max(before.number + 1, first_number)
        self.place.root.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(prefix=".upload-", dir=self.place.root))
        return taken(
            self.folder.path,
            part,
            before=before,
            epoch=epoch,
            number=number,
            hashes=self._hashes,
            temporary=temporary,
            with_log=with_log,
        )

    def clear(self) -> None:
        """Remove the folder and what is known of it."""
        self._held.clear()
        for path in (self.place.manifests, self.place.folder):
            shutil.rmtree(path, ignore_errors=True)

    def _holds(self, part: str, version: Version) -> bool:
        return self._version_of(part) == version

    def _version_of(self, part: str) -> Version | None:
        """Return the version that the folder holds of a part, without reading the whole note on it."""
        if part in self._held:
            return self._held[part].version
        try:
            with self._note(part).open("rb") as file:
                match = _VERSION.search(file.read(HEAD_BYTES))
        except OSError:
            return None
        return None if match is None else Version(int(match[1]), int(match[2]))

    def _fetch_part(self, part: str, version: Version) -> None:
        self.apply(self.store.read_manifest(part, version))

    def _make(self, entry: FileEntry, *, may_download: bool) -> None:
        """Make a file have the content of its entry, unless it is a large one."""
        path = self.folder.path / entry.name
        if path.is_file() and self._sha256(path) == entry.sha256:
            return
        if entry.text is not None or (may_download and large_folder_of(entry.name) is None):
            self._download(entry)
        else:
            path.unlink(missing_ok=True)

    def _arrange_large_folders(self, manifest: Manifest) -> None:
        """Let those folders exist that the version has: whoever looks whether it has one sees it."""
        names = {large_folder_of(entry.name) for entry in manifest.files}
        for name in LARGE_FOLDERS:
            path = self.folder.path / manifest.part / name
            if f"{manifest.part}/{name}" in names:
                path.mkdir(parents=True, exist_ok=True)
            elif path.is_dir():
                shutil.rmtree(path)

    def _forget(self, part: str) -> None:
        if self.held(part) is None:
            return
        for _, path in files_of_part(self.folder.path, part, with_log=True):
            path.unlink(missing_ok=True)
        if part.startswith(TRIALS):
            shutil.rmtree(self.folder.path / part, ignore_errors=True)
        self._note(part).unlink(missing_ok=True)
        self._held.pop(part, None)

    def _is_there(self, entry: FileEntry) -> bool:
        path = self.folder.path / entry.name
        return path.is_file() and self._sha256(path) == entry.sha256

    def _sha256(self, path: Path) -> str:
        """Return the hash of a file; of one that may grow it is computed each time."""
        is_large = large_folder_of(path.relative_to(self.folder.path).as_posix()) is not None
        return self._hashes.sha256(path) if is_large else sha256_of(path)

    def _download(self, entry: FileEntry) -> None:
        target = self.folder.path / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.text is None:
            self.store.download(entry, target)
        else:
            write_bytes(target, entry.text.encode())


def changed_files(before: Manifest | None, now: Manifest) -> tuple[str, ...]:
    """Return the names of files that differ between two versions of a part."""
    old = set() if before is None else {(entry.name, entry.sha256) for entry in before.files}
    new = {(entry.name, entry.sha256) for entry in now.files}
    return tuple(sorted({name for name, _ in old ^ new}))
