"""Compare the augmentation options on pixels and labels: fixed cases, and distributions of random ones."""

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
"""Mean difference in grey levels; TensorFlow decodes with a fast inverse transform of that accuracy."""


def submit_runs(context: Context) -> None:
    """Queue the oracle's script."""
    context.submit(SCRIPT)


def check(context: Context) -> Iterator[Finding]:
    """Compare images, labels and distributions with the oracle's."""
    with np.load(context.oracle(SCRIPT) / "out.npz") as arrays:
        theirs = dict(arrays)
    pairs = [*fixed_cases(theirs), ("black_patches", *black_patches(theirs))]
    for name, ours, expected in pairs:
        differences = np.abs(ours - expected)
        if name.startswith("jpeg"):
            yield Finding(4, f"option {name}", float(differences.mean()), JPEG_TOLERANCE, "mean grey levels")
        else:
            yield Finding(4, f"option {name}", float(differences.max()), 2e-3, "grey levels")
    ours, expected = patch_masks(theirs)
    yield Finding.exact(item=4, name="position of the Gaussian patch", equal=np.array_equal(ours, expected))
    wrong = [name for name, labels, known in label_cases(theirs) if labels != known]
    yield Finding.count(item=4, name="options on labels", differing=len(wrong), note=", ".join(wrong))
    for name, difference, allowed in distances(theirs, draws=DRAWS, seed=3):
        note = f"{DRAWS} draws of ours against 500; a distance of 0.25 is detected with probability 99.9 %"
        yield Finding(4, f"distribution of {name}", difference, allowed, "Kolmogorov-Smirnov distance", note)
