"""The augmentation options on pixels and labels: fixed cases, and the distributions of random ones."""

from collections.abc import Iterator

import numpy as np

from experiments.parity.context import Context
from experiments.parity.finding import Finding
from experiments.parity.pixel_options import (
    black_patches,
    distances,
    fixed_cases,
    label_cases,
    patch_masks,
)

SCRIPT = "pixel_cases.py"
DRAWS = 1000
JPEG_TOLERANCE = 1.5
"""Grey levels, on average: TensorFlow decodes with a fast inverse transform, which is off by as much."""


def begin(context: Context) -> None:
    """Queue the oracle's script."""
    context.begin(SCRIPT)


def check(context: Context) -> Iterator[Finding]:
    """Compare images, labels and distributions with the oracle's."""
    with np.load(context.oracle(SCRIPT) / "out.npz") as arrays:
        theirs = dict(arrays)
    pairs = [*fixed_cases(theirs), ("black_patches", *black_patches(theirs))]
    for name, ours, expected in pairs:
        apart = np.abs(ours - expected)
        if name.startswith("jpeg"):
            yield Finding(4, f"option {name}", float(apart.mean()), JPEG_TOLERANCE, "mean grey levels")
        else:
            yield Finding(4, f"option {name}", float(apart.max()), 2e-3, "grey levels")
    ours, expected = patch_masks(theirs)
    yield Finding.exact(item=4, name="where the Gaussian patch lies", equal=np.array_equal(ours, expected))
    wrong = [name for name, labels, known in label_cases(theirs) if labels != known]
    yield Finding.count(item=4, name="options on labels", differing=len(wrong), note=", ".join(wrong))
    for name, apart, allowed in distances(theirs, draws=DRAWS, seed=3):
        note = f"{DRAWS} of ours against 500; 0.25 apart is seen with 99.9 %"
        yield Finding(4, f"distribution of {name}", apart, allowed, "Kolmogorov-Smirnov distance", note)
