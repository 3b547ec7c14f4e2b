"""How an input reader goes through its records: their order, and which of them it takes."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb


@dataclass(frozen=True)
class Reading:
    """How a reader goes through its records; the defaults are the schema's.

    `shuffle` is what training asks for, in every epoch anew; without it, and in evaluation, records come in the
    order of the files, read `readers` files at a time, `block` records of each in turn. Of that sequence, gone
    through without an end in training, one of every `one_of` is taken (`sample_1_of_n_examples`; 0 means 1),
    from the first on.
    """

    shuffle: bool = True
    one_of: int = 1
    readers: int = 64
    block: int = 32

    @classmethod
    def of(cls, reader: pb.InputReader) -> Self:
        """Return what a reader of a config asks for."""
        return cls(
            shuffle=reader.shuffle,
            one_of=max(1, reader.sample_1_of_n_examples),
            readers=max(1, reader.num_readers),
            block=max(1, reader.read_block_length),
        )

    def order(self, files: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the order in which unshuffled records are read, int64 `[records]`.

        `files` int32 `[records]`, rising, tells in which file each stands. That a file has ended is noticed
        when it should give another record. Then another file takes its place, for the next round; where no file
        is left, what it lacked is taken from the following place. (Seen of the original's reader by running
        it.)
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
        """Return which records an evaluation takes, in order; see `order`."""
        return self.order(files)[:: self.one_of]
