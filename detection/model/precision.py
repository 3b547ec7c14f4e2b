"""In which number format the network computes."""

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

AUTOMATIC = "auto"
"""The word that asks for the faster precision, found by a measurement."""


class Precision(Enum):
    """The number format of activations and convolutions; weights, statistics and losses are float32 in all."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def policy(self) -> "keras.DTypePolicy":
        """The Keras dtype policy that every layer of the network gets."""
        import keras  # settings name a precision where no detector is built

        return keras.DTypePolicy("float32" if self is Precision.FLOAT32 else f"mixed_{self.value}")
