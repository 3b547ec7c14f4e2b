"""The sweeps that a server shows, by the names in its paths."""

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.watched import Reading, WatchedSweep

INTERVAL_S = 1.0
"""A sweep's folder is looked at once in this time at most."""
MOST_SHARE = 0.25
"""At most this share of a processor is spent on it; a sweep of 1,000 trials is looked at every few seconds."""


class Model(Protocol):
    """Returns what a page shows of a state, as values of JSON."""

    @property
    def revision(self) -> int:
        """Differs where the model of the same state would be another one than before."""

    def __call__(self, state: SweepState) -> Mapping[str, Any]:
        """Return the model."""


@dataclass(frozen=True)
class Document:
    """A model, its JSON, and the tag by which a browser asks whether it has changed."""

    model: Mapping[str, Any]
    content: bytes
    tag: str

    @cached_property
    def compressed(self) -> bytes:
        """The JSON as gzip."""
        return gzip.compress(self.content, compresslevel=1, mtime=0)


class ShownSweep:
    """One sweep: what its folder holds, at most about a second old, and that as JSON.

    Nothing is read while nobody asks.
    """

    def __init__(
        self, name: str, path: Path, model: Model, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.path = path
        self._watched = WatchedSweep(path)
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._next_read = -float("inf")
        self._reading = Reading(None)
        self._document: tuple[Reading, int, Document] | None = None

    def reading(self) -> Reading:
        """Return what the folder holds; the same object until it changes."""
        with self._lock:
            return self._read()

    def document(self) -> Document:
        """Return the page's model as JSON, with `problems`; without a state it has those and the name alone."""
        with self._lock:
            reading = self._read()
            revision = self._model.revision
            if self._document is None or self._document[0] is not reading or self._document[1] != revision:
                began = time.thread_time()
                self._document = (reading, revision, self._document_of(reading))
                self._next_read += (time.thread_time() - began) / MOST_SHARE
            return self._document[2]

    def _document_of(self, reading: Reading) -> Document:
        problems = list(reading.problems)
        model: Mapping[str, Any] = {"name": self.name}
        try:
            if reading.state is not None:
                model = self._model(reading.state)
        except (SweepboxError, OSError) as error:  # files beside the records are read for it
            problems.append(str(error))
        shown = {**model, "problems": problems}
        content = json.dumps(shown, allow_nan=False).encode()
        return Document(shown, content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def _read(self) -> Reading:
        if self._clock() >= self._next_read:
            began = time.thread_time()
            self._reading = self._watched.read()
            self._next_read = self._clock() + max(INTERVAL_S, (time.thread_time() - began) / MOST_SHARE)
        return self._reading


class ShownSweeps:
    """Several sweeps in the order in which they were given, each under a name of its own."""

    def __init__(self, paths: Sequence[Path], model: Model) -> None:
        names = unique_names([path.resolve().name for path in paths])
        self._sweeps = {name: ShownSweep(name, path, model) for name, path in zip(names, paths, strict=True)}

    def __iter__(self) -> Iterator[ShownSweep]:
        """Iterate over the sweeps."""
        return iter(self._sweeps.values())

    def __len__(self) -> int:
        """Return the number of sweeps."""
        return len(self._sweeps)

    def get(self, name: str) -> ShownSweep | None:
        """Return the sweep of a name, None where there is none."""
        return self._sweeps.get(name)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names with a number added where one was there already: `a, a, b` become `a, a-2, b`."""
    unique: list[str] = []
    for name in names:
        free = (f"{name}-{number}" for number in range(2, len(names) + 2))
        unique.append(name if name not in unique else next(other for other in free if other not in unique))
    return unique
