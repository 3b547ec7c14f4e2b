"""A cache of initial weights, computed once per machine and copied by every later run.

Weights are randomly initialised from a seed; a part of them may be loaded from a source. The result is stored
in a memory-mapped file in the folder of the decoded images, named by a hash of everything that determines it.
"""

import glob
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import keras
from filelock import FileLock

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.mapped import MappedArrays, read_mapped, write_mapped
from sweepbox.detection.checkpoint.object_file import find_prefix
from sweepbox.detection.checkpoint.source import (
    KERAS_WEIGHTS,
    initial_source,
    is_backbone_source,
    is_own_checkpoint,
)
from sweepbox.detection.data.cache import CACHE_FOLDER
from sweepbox.detection.model.ssd import SsdDetector
from sweepbox.detection.model.variables import assign_variables, read_variables
from sweepbox.detection.runner.initial_weights import (
    WeightsReport,
    load_initial_weights,
    report_from_json,
    report_to_json,
    restored_part,
)
from sweepbox.detection.runner.settings import RunSettings

logger = logging.getLogger(__name__)

FORMAT_VERSION = 2
"""Increase it if the same seed and source give other weights than before, or the content of a file changes."""

KEPT_FILES = 8
"""The number of most recently used files that a folder keeps; a file of SSD ResNet50 FPN has 127 MB."""

PATTERN = "weights-*.bin"
LOCK_FILE = "weights.lock"


class InitialWeightsCache:
    """Sets the initial weights of detectors; each file's checksum is verified the first time it is read."""

    def __init__(self) -> None:
        self._verified: set[tuple[Any, ...]] = set()

    def initialise(self, detector: SsdDetector, settings: RunSettings) -> WeightsReport | None:
        """Set the initial weights of a detector.

        If another process is computing the same weights, this one waits for it. If the file cannot be written,
        the weights are used without caching them.

        Returns:
            What was loaded over the randomly initialised weights; None if nothing was.

        Raises:
            ConfigError, ModelError: See `initial_source` and `load_initial_weights`.
        """
        source = initial_source(settings.config, settings.initial_weights)
        key = cache_key(detector, settings, source)
        directory = settings.cache_directory or settings.train_records[0].parent / CACHE_FOLDER
        path = directory / f"weights-{key[:24]}.bin"
        found = self._read(path, key)
        if found is None:
            with _locked(directory / LOCK_FILE):
                found = self._read(path, key)  # another process may have written it while this one waited
                if found is None:
                    detector.initialise(settings.seed)
                    report = None if source is None else load_initial_weights(detector, source, settings.config)
                    _write(detector, report, path, key)
                    return report
        variables = _variables(detector)
        assign_variables(list(variables.values()), [found.arrays[name] for name in variables])
        entry = found.metadata["report"]
        return None if entry is None else report_from_json(entry)

    def _read(self, path: Path, key: str) -> MappedArrays | None:
        """Return the arrays of a file and mark it as used; None if it is missing, damaged or of another key."""
        try:
            status = path.stat()
        except OSError:
            return None
        identity = (path, status.st_ino, status.st_size)
        found = read_mapped(path, verify=identity not in self._verified)
        if found is None or found.metadata.get("key") != key:
            return None
        self._verified = {identity}
        with suppress(OSError):  # the file of another user
            os.utime(path)
        return found


def cache_key(detector: SsdDetector, settings: RunSettings, source: str | None) -> str:
    """Return a hash of everything that determines the initial weights of a run, as 64 hexadecimal digits.

    A source file is identified by its path, size and modification time, the ImageNet weights by the version of
    Keras. The precision is not included, because it does not change the weights.
    """
    variables = [
        (name, list(variable.shape), variable.dtype) for name, variable in _variables(detector).items()
    ]
    network = ["ssd", detector.compile_part.hex(), variables]
    parts = [FORMAT_VERSION, network, settings.seed, _identity(settings, source)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _variables(detector: SsdDetector) -> dict[str, Any]:
    """Return all variables of the network: weights by path, random states by position."""
    weights = {variable.path: variable for variable in detector.network.weights}
    known = {id(variable) for variable in weights.values()}
    others = [variable for variable in detector.network.variables if id(variable) not in known]
    return weights | {f"state {number}": variable for number, variable in enumerate(others)}


def _identity(settings: RunSettings, source: str | None) -> list[Any]:
    """Return values that identify a source and its present content."""
    if source is None:
        return []
    if source == KERAS_WEIGHTS:
        return [source, keras.__version__]
    if is_backbone_source(source):
        return [source, keras.__version__, _file_identity(Path(source))]
    if is_own_checkpoint(source):
        return [source, _file_identity(Path(source) / WEIGHTS_FILE)]
    prefix = find_prefix(source)
    files = sorted(prefix.parent.glob(f"{glob.escape(prefix.name)}.*"))
    return [source, restored_part(settings.config).value, [_file_identity(path) for path in files]]


def _file_identity(path: Path) -> list[Any]:
    status = path.stat()
    return [str(path.resolve()), status.st_size, status.st_mtime_ns]


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold a lock during the block; log a warning instead if its folder is not writable."""
    with ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(lock))
        except OSError as error:
            logger.warning("%s: cannot be locked (%s); the initial weights are not cached", lock, error)
        yield


def _write(detector: SsdDetector, report: WeightsReport | None, path: Path, key: str) -> None:
    """Write the weights of a detector to the cache; if that fails, log a warning."""
    variables = _variables(detector)
    arrays = dict(zip(variables, read_variables(list(variables.values())), strict=True))
    metadata = {"key": key, "report": None if report is None else report_to_json(report)}
    try:
        write_mapped(arrays, path, metadata=metadata)
        _remove_least_recently_used(path.parent)
    except OSError as error:
        logger.warning("%s: the initial weights could not be cached (%s); free disk space there", path, error)


def _remove_least_recently_used(directory: Path) -> None:
    """Remove all files except the `KEPT_FILES` most recently used; open mappings of them stay valid."""
    files = sorted(directory.glob(PATTERN), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[KEPT_FILES:]:
        path.unlink(missing_ok=True)
