"""What a kind of fault is."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from experiments.faults.scene import Scene


class End(Enum):
    """What a fault is to do to the driver."""

    GOES_ON = auto()
    MAY_STOP = auto()
    """It goes on, or ends as with `STOPS`."""
    STOPS = auto()
    """It ends with status 2 and one message."""
    KILLED = auto()
    """The fault has killed it."""


def nothing() -> None:
    """Mend nothing."""


@dataclass(frozen=True)
class Effect:
    """What a fault has done.

    Attributes:
        did: What was done, for the record; None where there was nothing to do it to.
        end: What it is to do to the driver.
        message: A pattern of the message with which the driver ends.
        mend: Mends what was broken; called when the driver has ended, whatever ended it.
    """

    did: str | None
    end: End = End.GOES_ON
    message: str = ""
    mend: Callable[[], None] = nothing


class Inject(Protocol):
    """Injects a fault into a running sweep."""

    def __call__(self, scene: Scene, generator: random.Random, /) -> Effect:
        """Inject it now; the generator decides what is left open."""
