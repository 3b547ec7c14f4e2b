"""Finds, opens and reads an object-based (TF2) checkpoint of the Object Detection API."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import PlainPath

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
"""The suffix of each variable's key in the file."""

READ_ERRORS = (RuntimeError, ValueError, LookupError, OSError)
"""What TensorFlow's reader raises, besides its own errors, for a truncated or modified file."""

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
STATE_FILE = "checkpoint"
"""The file that names the latest checkpoint of its folder.

In an exported model, the folder with the checkpoint has this name.
"""


@dataclass(frozen=True)
class ObjectCheckpoint:
    """An open checkpoint.

    Attributes:
        prefix: The path without `.index`.
        shapes: The shape of each variable, by key without the suffix.
    """

    prefix: Path
    shapes: Mapping[str, tuple[int, ...]]
    _reader: Any
    _folder: PlainPath

    def read(self, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return the values of `keys`, which must be in `shapes`.

        Raises:
            ModelError: The data file is missing or damaged.
        """
        import tensorflow as tf

        try:
            return {key: np.asarray(self._reader.get_tensor(key + SUFFIX), np.float32) for key in keys}
        except (tf.errors.OpError, *READ_ERRORS) as error:
            raise ModelError(f"{self.prefix}: damaged ({_first_line(error)}); download it again") from error


def open_checkpoint(named: str | Path) -> ObjectCheckpoint:
    """Open the checkpoint that `find_prefix` finds; only its index is read.

    Raises:
        ModelError: There is no checkpoint, its index is damaged, or it is a name-based TensorFlow 1 checkpoint.
    """
    import tensorflow as tf

    prefix = find_prefix(named)
    folder = PlainPath(prefix.parent)
    try:
        reader = tf.train.load_checkpoint(str(folder.path / prefix.name))
        shapes = reader.get_variable_to_shape_map()
    except (tf.errors.OpError, *READ_ERRORS) as error:
        raise ModelError(f"{prefix}: damaged ({_first_line(error)}); download it again") from error
    check_object_based(prefix)
    variables = {key.removesuffix(SUFFIX): tuple(shapes[key]) for key in shapes if key.endswith(SUFFIX)}
    return ObjectCheckpoint(prefix, variables, reader, folder)


def check_object_based(prefix: Path) -> None:
    """Check that a checkpoint is one of TensorFlow 2, by a search in its index, which is short.

    Raises:
        ModelError: It is a name-based checkpoint of TensorFlow 1.
    """
    if OBJECT_GRAPH.encode() not in _index_of(prefix).read_bytes():
        raise ModelError(
            f"{prefix}: a name-based TensorFlow 1 checkpoint; use a TensorFlow 2 checkpoint (the TF2 detection "
            "model zoo has them), or restore and save it with the Object Detection API"
        )


def find_prefix(named: str | Path) -> Path:
    """Return the prefix of a checkpoint: its path without `.index`.

    Args:
        named: The prefix, or the path of the `.index` file, or a folder. The folder has a `checkpoint` file
            that names the latest checkpoint, or a single checkpoint, or a subfolder `checkpoint` with either
            of these, as in exported models.

    Raises:
        ModelError: There is no checkpoint; the message says what to name instead.
    """
    path = Path(re.sub(r"\.(index|data-\d{5}-of-\d{5})$", "", str(named)))
    if _index_of(path).is_file():
        return path
    if path.is_dir():
        return _prefix_in(path)
    if path.exists():
        raise ModelError(f"{named}: not a checkpoint; name the path of one without .index, or its folder")
    others = ", ".join(prefix.name for prefix in _prefixes_in(path.parent)[:5])
    found = f" (in its folder there are: {others})" if others else ""
    raise ModelError(f"{named}: there is no such checkpoint{found}; correct the path")


def _prefix_in(folder: Path) -> Path:
    """Return the checkpoint in a folder; ModelError if it has none or several."""
    state, prefixes = folder / STATE_FILE, _prefixes_in(folder)
    if state.is_dir():
        return _prefix_in(state)
    if state.is_file():
        return _latest(state)
    if len(prefixes) == 1:
        return prefixes[0]
    if prefixes:
        names = ", ".join(prefix.name for prefix in prefixes)
        raise ModelError(f"{folder}: has several checkpoints ({names}); name one of them")
    if (folder / "saved_model.pb").is_file() or (folder / "saved_model").is_dir():
        raise ModelError(
            f"{folder}: a SavedModel, from which weights cannot be restored; name the checkpoint that was "
            "exported with it (the folder `checkpoint` beside saved_model)"
        )
    if (folder / "weights.npz").is_file():
        raise ModelError(
            f"{folder}: a Sweepbox checkpoint folder; name its weights.npz to load backbone and feature "
            "pyramid, or convert it with `sweepbox export --format checkpoint` and name the result"
        )
    raise ModelError(f"{folder}: has no checkpoint; name the folder of ckpt-*.index, or that file")


def _latest(state: Path) -> Path:
    """Return the checkpoint that a state file names.

    It is looked up beside the state file, whatever folder the file names, so that folders can be moved.
    """
    found = re.search(r'^model_checkpoint_path:\s*"(.*)"', state.read_text(errors="replace"), re.MULTILINE)
    name = Path(found[1]).name if found else ""
    prefix = state.parent / name
    if not name or not _index_of(prefix).is_file():
        raise ModelError(
            f"{state}: names {name or 'no checkpoint'}, which does not exist; name a path without .index"
        )
    return prefix


def _prefixes_in(folder: Path) -> list[Path]:
    return sorted(path.with_suffix("") for path in folder.glob("*.index"))


def _index_of(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
