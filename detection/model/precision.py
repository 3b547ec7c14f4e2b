"""In which number format the network computes."""

from enum import Enum

import keras


class Precision(Enum):
    """The number format of activations and convolutions; weights, statistics and losses are float32 in all."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def policy(self) -> keras.DTypePolicy:
        """The Keras dtype policy that every layer of the network gets."""
        return keras.DTypePolicy("float32" if self is Precision.FLOAT32 else f"mixed_{self.value}")
