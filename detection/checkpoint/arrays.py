"""Named arrays in one `.npz` file, written atomically.

`.npz` is used rather than safetensors because it has a CRC-32 of each array, which is verified on loading, and
needs only NumPy; with a checksum, safetensors is hardly faster. All weights and slots are float32, so bfloat16
is not needed.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import atomic_path

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
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError) as error:
        raise TrainingError(f"{path}: damaged ({error}); train again or use another checkpoint") from error
