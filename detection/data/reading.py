"""The order in which an input reader reads its records, and which of them it takes."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb


@dataclass(frozen=True)
class Reading:
    """How a reader reads its records; the defaults are the schema's.

    Attributes:
        shuffle: Shuffle the records for every epoch of training. Without, and in evaluation, records come in
            the order of the files.
        one_of: Take the first of every `one_of` records (`sample_1_of_n_examples`, where 0 means 1), in
            training of the endless sequence.
        readers: The number of files that are read at a time, in turn.
        block: The number of records that are read from a file in its turn.
    """

    shuffle: bool = True
    one_of: int = 1
    readers: int = 64
    block: int = 32

    @classmethod
    def of(cls, reader: pb.InputReader) -> Self:
        """Return the settings of a config's input reader."""
        return cls(
            shuffle=reader.shuffle,
            one_of=max(1, reader.sample_1_of_n_examples),
            readers=max(1, reader.num_readers),
            block=max(1, reader.read_block_length),
        )

    def order(self, files: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the order in which unshuffled records are read, int64 `[records]`.

        The end of a file is noticed when it should give another record. Then the next file replaces it from the
        next round on; if there is no next file, the missing records are taken from the following open file.
        (This is the observed behaviour of the original's reader.)

        Args:
            files: int32 `[records]`, ascending: the number of each record's file.
        """
        bounds = np.flatnonzero(np.diff(files, prepend=-1, append=-1))
        waiting = deque(range(*ends) for ends in pairwise(bounds.tolist()))
        places = deque(waiting.popleft() for _ in range(min(self.readers, len(waiting))))
        order: list[int] = []
        wanted = self.block
        while places:
            rest = places.popleft()
            order += rest[:wanted]
            lacking = max(0, wanted - len(rest))
            if not lacking:
                places.append(rest[wanted:])
            elif waiting:
                places.append(waiting.popleft())
                lacking = 0
            wanted = lacking or self.block
        return np.array(order, np.int64)

    def evaluated(self, files: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the records of an evaluation, in order; see `order`."""
        return self.order(files)[:: self.one_of]
