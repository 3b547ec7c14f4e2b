"""The phases of a training run whose time a profile tells apart."""

from enum import StrEnum


class Phase(StrEnum):
    """A phase by the name that tables and traces give it; those up to `UPDATE` make a step."""

    INPUT = "input"
    GRADIENTS = "forward and backward"
    UPDATE = "update"
    EVALUATION = "evaluation"
    CHECKPOINT = "checkpoint"


WAIT = "wait for the batch"
TRANSFER = "copy to the device"
"""What the phase `INPUT` consists of."""
