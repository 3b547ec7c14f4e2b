"""Twenty consecutive training steps from one checkpoint on one batch without augmentation, float32."""

from collections.abc import Iterator

import numpy as np

from experiments.parity import product
from experiments.parity.context import FULL_MODEL, MODELS, Context
from experiments.parity.finding import Finding, largest_relative
from experiments.parity.work import Argument

SCRIPT = "trajectory.py"
STEPS = 20
TOLERANCE = 1e-3
CHANGE_TOLERANCE = 0.1
MOVE_TOLERANCE = 1e-2
STILL = 1e-6
"""A change below this share of the largest is the rounding of float32."""
SMALL = ("momentum", "adam", "frozen_momentum", "frozen_adam")
FULL = ("frozen_momentum", "frozen_adam")


def begin(context: Context) -> None:
    """Queue the oracle's runs, which take minutes."""
    for name in MODELS:
        context.begin(SCRIPT, *_arguments(context, name))


def check(context: Context) -> Iterator[Finding]:
    """Compare the losses of every step, and how far the first step moved every variable."""
    for name in MODELS:
        folder = context.golden_model(name)
        golden = product.golden_arrays(folder, "image_uint8", "gt_")
        with np.load(context.oracle(SCRIPT, *_arguments(context, name)) / "out.npz") as arrays:
            theirs = dict(arrays)
        for run in theirs["names"].tolist():
            optimizer, frozen = str(theirs[f"{run}/optimizer"]), bool(theirs[f"{run}/frozen"])
            clip = float(theirs[f"{run}/clip"])
            config = product.training_config(folder, optimizer=optimizer, clip=clip, frozen=frozen)
            ours, moved = product.trajectory(folder, config, golden, STEPS)
            yield from _compare(f"{name}, {run}", ours, moved, theirs, run)


def _compare(
    title: str, ours: dict[str, list[float]], moved: dict[str, float], theirs: product.Arrays, run: str
) -> Iterator[Finding]:
    expected = {loss: theirs[f"{run}/{loss}_loss"] for loss in ours}
    perturbed = {loss: theirs[f"{run}/perturbed/{loss}_loss"] for loss in ours}
    first, last = float(expected["total"][0]), float(expected["total"][-1])
    yield Finding(
        3,
        f"{title}: every loss of the next {STEPS} steps",
        max(largest_relative(ours[loss], expected[loss]) for loss in ours),
        TOLERANCE,
        note=f"the total goes from {first:.5g} to {last:.5g}",
    )
    yield Finding(
        3,
        f"{title}: the oracle against itself",
        max(largest_relative(perturbed[loss], expected[loss]) for loss in ours),
        TOLERANCE,
        note="weights changed by 1e-7 of themselves",
        is_context=True,
    )
    change = float(ours["total"][-1] - ours["total"][0])
    yield Finding(
        3,
        f"{title}: how far the total loss goes in {STEPS} steps",
        largest_relative(change, last - first),
        CHANGE_TOLERANCE,
        note=f"by {last - first:.3g}",
    )
    keys, norms = theirs["keys"].tolist(), theirs[f"{run}/weight_change"]
    yield Finding(
        3,
        f"{title}: how far the first step moves each variable",
        largest_relative([moved[key] for key in keys], norms, floor=STILL * float(norms.max())),
        MOVE_TOLERANCE,
        "relative, to 1e-6 of the largest at least",
        f"norms of {len(keys)} changes",
    )


def _arguments(context: Context, name: str) -> tuple[Argument, ...]:
    runs = FULL if name == FULL_MODEL else SMALL
    options = ("--no-repeat",) if name == FULL_MODEL else ()
    golden = context.golden_run(name).made()
    return ("--golden", golden, "--steps", str(STEPS), "--only", *runs, *options)
