"""The number format of the network."""

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

AUTOMATIC = "auto"
"""The option value that selects the faster precision by a measurement."""


class Precision(Enum):
    """The number format of activations and convolutions; weights, statistics and losses are always float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def policy(self) -> "keras.DTypePolicy":
        """The Keras dtype policy of all layers of the network."""
        import keras  # here, because settings name a precision without loading Keras

        return keras.DTypePolicy("float32" if self is Precision.FLOAT32 else f"mixed_{self.value}")
