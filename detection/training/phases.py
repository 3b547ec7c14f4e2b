"""The phases of a training run that a profile measures."""

from enum import StrEnum


class Phase(StrEnum):
    """A phase, by its name in tables and traces; the phases up to `UPDATE` are one training step."""

    INPUT = "input"
    GRADIENTS = "forward and backward"
    UPDATE = "update"
    EVALUATION = "evaluation"
    CHECKPOINT = "checkpoint"


WAIT = "wait for the batch"
TRANSFER = "copy to the device"
"""The two spans of the phase `INPUT`."""
