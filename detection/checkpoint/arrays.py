"""Named arrays in one `.npz` file, written atomically.

`.npz` is used rather than safetensors because it has a CRC-32 of each array, which is verified on loading, and
needs only NumPy; with a checksum, safetensors is hardly faster. All weights and slots are float32, so bfloat16
is not needed.
"""

import errno
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.array_files import check_npz
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import atomic_path

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, ValueError, SyntaxError, OSError),
    *(NotImplementedError, RuntimeError, MemoryError, OverflowError, TypeError, AttributeError),
)
"""What `zipfile` and NumPy raise where the bytes of a file are not those that were written."""

Arrays = dict[str, NDArray[np.generic]]


def save_arrays(arrays: Mapping[str, NDArray[np.generic]], path: Path) -> None:
    """Write arrays by name, uncompressed; an existing file is replaced once the new one is complete."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))


def load_arrays(path: Path) -> Arrays:
    """Return the arrays that `save_arrays` wrote.

    Raises:
        TrainingError: The file is missing or damaged.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: there is no such file; name a folder that training wrote")
    with path.open("rb") as file:
        try:
            check_npz(path)
            with np.load(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except DAMAGE as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk, not the bytes on it
                raise
            reason = shorten(str(error), 200)
            raise TrainingError(f"{path}: damaged ({reason}); train again or use another checkpoint") from error
