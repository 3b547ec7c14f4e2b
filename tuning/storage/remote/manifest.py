"""The manifest of a part of a sweep: which files it has, and the version that they make."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.json_records import STRICT, parse_record
from sweepbox.tuning.storage.remote.layout import FILES, MANIFESTS, is_part, part_of

_KEY = re.compile(r"(.+)/(\d{6})-(\d{8})\.json", re.ASCII)
_HASH = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, order=True)
class Version:
    """A version of a part: the epoch of the driver under which it was written, and a number that grows."""

    epoch: int
    number: int

    def __str__(self) -> str:
        """Return it as names of objects have it; the order of these texts is that of the versions."""
        return f"{self.epoch:06}-{self.number:08}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the version of a text; ValueError where it is none."""
        epoch, _, number = text.partition("-")
        return cls(int(epoch), int(number))


@dataclass(frozen=True)
class FileEntry:
    """A file of a part.

    Attributes:
        name: Its path in the sweep's folder, with slashes.
        size: Its bytes.
        sha256: The hash of its content.
        text: The content of a small text, which needs no object of its own; None for others.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    size: _Number
    sha256: _HASH
    text: str | None = None

    @property
    def key(self) -> str:
        """The name of its object, which is of this content alone."""
        return f"{FILES}/{self.name}.{self.sha256[:20]}"

    @classmethod
    def of_text(cls, name: str, content: bytes) -> Self:
        """Return the entry of a small text; UnicodeDecodeError where it is none."""
        return cls(name, len(content), hashlib.sha256(content).hexdigest(), content.decode())


@dataclass(frozen=True)
class Manifest:
    """All files of a part in one version."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    part: str
    epoch: _Number
    number: _Number
    files: tuple[FileEntry, ...]

    @property
    def version(self) -> Version:
        """Its version."""
        return Version(self.epoch, self.number)

    @property
    def keys(self) -> frozenset[str]:
        """The names of the objects of its files."""
        return frozenset(entry.key for entry in self.files if entry.text is None)

    def entry(self, name: str) -> FileEntry | None:
        """Return the entry of a file; None where the part has no such file."""
        return next((entry for entry in self.files if entry.name == name), None)

    def to_text(self) -> str:
        """Return it as JSON."""
        files = [
            {key: value for key, value in asdict(entry).items() if value is not None} for entry in self.files
        ]
        return json.dumps({**asdict(self), "files": files}, ensure_ascii=False)


def parse_manifest(text: bytes | str, *, source: str) -> Manifest:
    """Return a manifest that anyone may have written.

    Raises:
        SweepError: It is damaged, or names files that are none of its part's, such as ones outside the folder.
    """
    remedy = "restore the object, or delete it to go back to the version before"
    try:
        manifest = parse_record(Manifest, text)
    except ValueError as error:
        raise SweepError(f"{source}: damaged ({error}); {remedy}") from error
    for entry in manifest.files:
        if not is_part(manifest.part) or part_of(entry.name) != manifest.part:
            raise SweepError(f"{source}: names {entry.name!r}, which is no file of this part; {remedy}")
        if entry.text is not None and FileEntry.of_text(entry.name, entry.text.encode()) != entry:
            raise SweepError(f"{source}: {entry.name} is damaged (another SHA-256); {remedy}")
    return manifest


def manifest_name(part: str, version: Version) -> str:
    """Return the name of a manifest's object."""
    return f"{MANIFESTS}/{part}/{version}.json"


def version_of(name: str) -> tuple[str, Version] | None:
    """Return part and version of a manifest by its name below `MANIFESTS`; None for other objects."""
    match = _KEY.fullmatch(name)
    if match is None or not is_part(match[1]):
        return None
    return match[1], Version(int(match[2]), int(match[3]))
