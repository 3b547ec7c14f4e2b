"""The weights that runs start from, made once on a machine and copied by every later run there.

They are drawn from a seed, and a part of them may be loaded from a source. The complete result stands in one
mapped file in the folder of the decoded images, named by a hash of all that decides it.
"""

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

from sweepbox.detection.checkpoint.mapped import MappedArrays, read_mapped, write_mapped
from sweepbox.detection.checkpoint.object_file import find_prefix
from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS, initial_source, is_backbone_source
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

FORMAT_VERSION = 1
"""To be raised where the same seed and source come to other weights than before."""

KEPT_FILES = 8
"""How many files a folder keeps, the most recently used; one of SSD ResNet50 FPN has 127 MB."""

PATTERN = "weights-*.bin"
LOCK_FILE = "weights.lock"


class StartingWeights:
    """Gives detectors their first weights; files are checked the first time that this object reads them."""

    def __init__(self) -> None:
        self._checked: set[tuple[Any, ...]] = set()

    def give(self, detector: SsdDetector, settings: RunSettings) -> WeightsReport | None:
        """Give a detector the weights that a run starts from; return what was loaded over the drawn ones.

        Where another process is making the same weights, this one waits for it. Where the file cannot be
        written the run goes on without. Raises the errors of `initial_source` and `load_initial_weights`.
        """
        source = initial_source(settings.config, settings.initial_weights)
        key = starting_key(detector, settings, source)
        directory = settings.cache_directory or settings.train_records[0].parent / CACHE_FOLDER
        path = directory / f"weights-{key[:24]}.bin"
        found = self._read(path, key)
        if found is None:
            with _held(directory / LOCK_FILE):
                found = self._read(path, key)  # another process may have written it while this one waited
                if found is None:
                    detector.initialise(settings.seed)
                    report = None if source is None else load_initial_weights(detector, source, settings.config)
                    _keep(detector, report, path, key)
                    return report
        variables = _variables(detector)
        assign_variables(list(variables.values()), [found.arrays[name] for name in variables])
        entry = found.facts["report"]
        return None if entry is None else report_from_json(entry)

    def _read(self, path: Path, key: str) -> MappedArrays | None:
        """Return a file's arrays, None where it is missing, damaged or another's; it counts as just used."""
        try:
            status = path.stat()
        except OSError:
            return None
        identity = (path, status.st_ino, status.st_size)
        found = read_mapped(path, is_checked=identity not in self._checked)
        if found is None or found.facts.get("key") != key:
            return None
        self._checked = {identity}
        with suppress(OSError):  # another user's file
            os.utime(path)
        return found


def starting_key(detector: SsdDetector, settings: RunSettings, source: str | None) -> str:
    """Return the hash of what decides a run's first weights, 64 hexadecimal digits.

    A file counts by path, size and time of change, ImageNet's weights by the version of Keras. The precision
    does not count: weights are the same in all.
    """
    variables = [
        (name, list(variable.shape), variable.dtype) for name, variable in _variables(detector).items()
    ]
    network = ["ssd", detector.compile_part.hex(), variables]
    parts = [FORMAT_VERSION, network, settings.seed, _identity(settings, source)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _variables(detector: SsdDetector) -> dict[str, Any]:
    """Return all variables of the network: weights by their paths, random states by their order."""
    weights = {variable.path: variable for variable in detector.network.weights}
    known = {id(variable) for variable in weights.values()}
    others = [variable for variable in detector.network.variables if id(variable) not in known]
    return weights | {f"state {number}": variable for number, variable in enumerate(others)}


def _identity(settings: RunSettings, source: str | None) -> list[Any]:
    """Return what tells a source from others and from its former content."""
    if source is None:
        return []
    if source == KERAS_WEIGHTS:
        return [source, keras.__version__]
    if is_backbone_source(source):
        return [source, keras.__version__, _file_identity(Path(source))]
    prefix = find_prefix(source)
    files = sorted(prefix.parent.glob(f"{prefix.name}.*"))
    return [source, restored_part(settings.config).value, [_file_identity(path) for path in files]]


def _file_identity(path: Path) -> list[Any]:
    status = path.stat()
    return [str(path.resolve()), status.st_size, status.st_mtime_ns]


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold a lock during the block, or nothing where its folder cannot be written."""
    with ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(lock))
        except OSError as error:
            logger.warning("%s: cannot be locked (%s); the starting weights are not kept", lock, error)
        yield


def _keep(detector: SsdDetector, report: WeightsReport | None, path: Path, key: str) -> None:
    """Write the weights of a detector as those of a key; where that fails, only say so."""
    variables = _variables(detector)
    arrays = dict(zip(variables, read_variables(list(variables.values())), strict=True))
    facts = {"key": key, "report": None if report is None else report_to_json(report)}
    try:
        write_mapped(arrays, path, facts=facts)
        _remove_all_but_the_newest(path.parent)
    except OSError as error:
        logger.warning("%s: the starting weights could not be kept (%s); make room there", path, error)


def _remove_all_but_the_newest(directory: Path) -> None:
    """Remove all files of the folder but the `KEPT_FILES` that were used last; mappings of them stay valid."""
    files = sorted(directory.glob(PATTERN), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[KEPT_FILES:]:
        path.unlink(missing_ok=True)
