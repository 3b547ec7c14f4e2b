"""The objects of a sweep on a store: versions of its parts, and the epochs of its drivers."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sweepbox.detection.core.errors import MissingObjectError, StorageError, SweepError
from sweepbox.detection.core.files import sha256_of
from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.storage.json_records import STRICT, parse_record
from sweepbox.tuning.storage.remote.layout import EPOCHS, FILES, MANIFEST_BYTES, MANIFESTS, TRIALS
from sweepbox.tuning.storage.remote.manifest import (
    FileEntry,
    Manifest,
    Version,
    manifest_name,
    parse_manifest,
    version_of,
)


class SupersededError(SweepError):
    """Another driver has taken the sweep over: what this process writes does not count any more."""


class TornError(SweepError):
    """An object is not the one that a manifest names: a newer manifest has replaced it, or it is damaged."""


@dataclass(frozen=True)
class Epoch:
    """`control/epochs/NUMBER.json`: a driver's turn.

    Attributes:
        epoch: Its number, from 1.
        owner: The driver.
        adopted: The versions of all parts from earlier epochs that still count; None while the driver looks for
            them. Whatever is written under an earlier epoch after that does not count.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    epoch: Annotated[int, Field(ge=1)]
    owner: str
    adopted: Mapping[str, str] | None = None


@dataclass(frozen=True)
class SweepStore:
    """A sweep at a location."""

    location: Location

    def epochs(self) -> tuple[int, ...]:
        """Return the numbers of all epochs so far, in their order."""
        names = [item.name.removesuffix(".json") for item in self.location.join(EPOCHS).list()]
        return tuple(sorted(int(name) for name in names if name.isdigit()))

    def write_epoch(self, epoch: Epoch) -> None:
        """Begin an epoch, or complete its list of adopted versions."""
        adopted = None if epoch.adopted is None else dict(epoch.adopted)
        content = {"epoch": epoch.epoch, "owner": epoch.owner, "adopted": adopted}
        self._epoch(epoch.epoch).write_bytes(json.dumps(content).encode())

    def read_epoch(self, number: int) -> Epoch:
        """Return an epoch; SweepError where its object is damaged."""
        location = self._epoch(number)
        try:
            return parse_record(Epoch, location.read_bytes(at_most=MANIFEST_BYTES))
        except ValueError as error:
            raise SweepError(f"{location}: damaged ({error}); resume the sweep with --take-over") from error

    def check_epoch(self, epoch: int) -> None:
        """Raise SupersededError where there is a higher epoch."""
        newest = max(self.epochs(), default=0)
        if newest > epoch:
            owner = self.read_epoch(newest).owner
            raise SupersededError(
                f"{self.location}: the driver {owner} has taken this sweep over (epoch {newest}, here "
                f"{epoch}); nothing is left to do here"
            )

    def versions(self) -> dict[str, Version]:
        """Return the version of each part that counts: of the last epoch, or one that this has adopted.

        While a driver takes over, the versions before count.
        """
        epochs = map(self.read_epoch, reversed(self.epochs()))
        last = next((epoch for epoch in epochs if epoch.adopted is not None), Epoch(0, "", {}))
        found: dict[str, list[Version]] = {}
        for item in self.location.join(MANIFESTS).list():
            named = version_of(item.name)
            if named is not None:
                found.setdefault(named[0], []).append(named[1])
        return {
            part: version
            for part, listed in found.items()
            if (version := _counting(listed, last, part)) is not None
        }

    def version(self, part: str) -> Version | None:
        """Return the newest version of one part, whatever its epoch."""
        return max(self._versions_of(part), default=None)

    def read_manifest(self, part: str, version: Version) -> Manifest:
        """Return a manifest; SweepError where it is damaged or of another part."""
        location = self.location.join(manifest_name(part, version))
        manifest = parse_manifest(location.read_bytes(at_most=MANIFEST_BYTES), source=str(location))
        if (manifest.part, manifest.version) != (part, version):
            raise SweepError(f"{location}: is the manifest of {manifest.part} {manifest.version}; restore it")
        return manifest

    def download(self, entry: FileEntry, target: Path) -> None:
        """Write a file of a manifest; TornError where its object has another content."""
        location = self.location.join(entry.key)
        location.download_file(target)
        if sha256_of(target) != entry.sha256:
            target.unlink()
            raise TornError(f"{location}: has another content than its manifest says; restore the object")

    def publish(
        self,
        manifest: Manifest,
        sources: Mapping[str, Path],
        *,
        before: Manifest | None,
        check: Callable[[], None],
    ) -> None:
        """Write a version of a part: first the files that the version before has not, last the manifest.

        Then the objects that only older versions have are deleted, but not those of the version before, which
        readers may be fetching.

        Args:
            manifest: The version.
            sources: The local files by their names; of an unchanged file none is needed.
            before: The last version that is complete on the store.
            check: Raises where this process may not write any more; called before the manifest is written.

        Raises:
            SupersededError: Another process has written a later version.
            TornError: A file has changed, or is missing.
            StorageError: The store cannot be reached.
        """
        known = frozenset() if before is None else before.keys
        for entry in manifest.files:
            if entry.text is None and entry.key not in known:
                self._upload(entry, sources)
        check()
        listed = sorted(self._versions_of(manifest.part))
        if listed and listed[-1] > manifest.version:
            raise SupersededError(
                f"{self.location}: another process has written {manifest.part} {listed[-1]}, which is later "
                f"than {manifest.version} here"
            )
        text = manifest.to_text().encode()
        self.location.join(manifest_name(manifest.part, manifest.version)).write_bytes(text)
        self._clean(manifest, before, listed)

    def prune(self, part: str) -> None:
        """Delete all versions of a part but the newest, with the objects that they alone have.

        A reader that fetches one of them finds an object missing, and goes on with the newest.
        """
        listed = sorted(self._versions_of(part))
        if listed:
            self._clean(self.read_manifest(part, listed[-1]), None, listed)

    def remove_orphans(self, manifests: Iterable[Manifest]) -> None:
        """Delete the objects of trials that none of these manifests has: uploads that came to no manifest.

        The caller holds the lease, nothing is being published, and the manifests are the newest of all parts.
        """
        kept = frozenset().union(*(manifest.keys for manifest in manifests))
        folder = f"{FILES}/{TRIALS}"
        for item in self.location.join(folder).list():
            if f"{folder}/{item.name}" not in kept:
                self.location.join(f"{folder}/{item.name}").delete()

    def _upload(self, entry: FileEntry, sources: Mapping[str, Path]) -> None:
        source = sources.get(entry.name)
        if source is None:
            if not self.location.join(entry.key).exists():
                raise TornError(f"{self.location.join(entry.key)}: is missing, and no local file replaces it")
            return
        if sha256_of(source) != entry.sha256:
            raise TornError(f"{source}: has changed while it was to be uploaded")
        self.location.join(entry.key).upload_file(source)

    def _clean(self, manifest: Manifest, before: Manifest | None, listed: Iterable[Version]) -> None:
        kept = manifest.keys | (frozenset() if before is None else before.keys)
        versions = {manifest.version, *([] if before is None else [before.version])}
        for version in listed:
            if version in versions or version > manifest.version:
                continue
            for key in sorted(self._keys_of(manifest.part, version) - kept):
                self.location.join(key).delete()
            self.location.join(manifest_name(manifest.part, version)).delete()

    def _keys_of(self, part: str, version: Version) -> frozenset[str]:
        """Return the objects of a version; none where its manifest is gone or damaged."""
        try:
            return self.read_manifest(part, version).keys
        except MissingObjectError:
            return frozenset()
        except StorageError:
            raise
        except SweepError:
            return frozenset()

    def _versions_of(self, part: str) -> Iterable[Version]:
        for item in self.location.join(MANIFESTS, part).list():
            named = version_of(f"{part}/{item.name}")
            if named is not None:
                yield named[1]

    def _epoch(self, number: int) -> Location:
        return self.location.join(EPOCHS, f"{number:06}.json")


def _counting(listed: Iterable[Version], last: Epoch, part: str) -> Version | None:
    """Return which of a part's versions counts."""
    own = [version for version in listed if version.epoch >= last.epoch]
    if own:
        return max(own)
    adopted = (last.adopted or {}).get(part)
    return None if adopted is None else Version.parse(adopted)
