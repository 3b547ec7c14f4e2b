"""Seeds for independent streams of random numbers, derived from the user's seed."""

import hashlib

import numpy as np


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Return a seed in [0, 2**63) for one purpose; it is the same on every machine and Python version.

    Streams of different purposes (`"order", 3` and `"augmentation", 3`) are independent.
    """
    text = "\0".join([str(seed), *(f"{type(part).__name__}:{part}" for part in purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a NumPy generator for one purpose; see `derive_seed`."""
    return np.random.Generator(np.random.Philox(derive_seed(seed, *purpose)))
