"""The records that one fold of a cross-validation leaves out of training, to validate on them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import DataError

if TYPE_CHECKING:
    from sweepbox.detection.data.cache.record_set import RecordSet


@dataclass(frozen=True)
class HeldOut:
    """The records to validate on; all others of both parts are trained on.

    Attributes:
        train: Their positions in the training records, ascending.
        validation: Their positions in the validation records, ascending.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]

    def divide(self, train: "RecordSet", validation: "RecordSet") -> "tuple[RecordSet, RecordSet]":
        """Return the records to train on and those to validate on; nothing is copied.

        DataError where the parts have fewer records than the positions name.
        """
        from sweepbox.detection.data.cache.record_set import RecordSet

        sets = (train, validation)
        held_out = tuple(np.array(positions, np.int64) for positions in (self.train, self.validation))
        for records, positions in zip(sets, held_out, strict=True):
            if positions.size and positions[-1] >= len(records):
                raise DataError(
                    f"{records.path}: {len(records)} records, but record {positions[-1]} is to be held out; "
                    "the folds belong to other records"
                )
        rest = [_others(positions, len(records)) for records, positions in zip(sets, held_out, strict=True)]
        return RecordSet.chosen(sets, rest), RecordSet.chosen(sets, held_out)

    def places(self, train: "RecordSet") -> NDArray[np.int64]:
        """Return the places of the held out records among all, the training records first, int64 `[n]`."""
        return np.array([*self.train, *(len(train) + position for position in self.validation)], np.int64)


def _others(positions: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.delete(np.arange(count), positions)
