"""Twenty consecutive training steps from one checkpoint on one batch without augmentation, float32.

Nets with drawn weights are chaotic: at rates of usual size the OD API's own losses differ by percents after
twenty steps where its weights differ by 1e-7. So the rates for them are small, and it is compared besides how
far the losses go and how far each variable moves. The detector that we trained takes usual rates.
"""

from collections.abc import Iterator

import numpy as np

from experiments.parity import product
from experiments.parity.context import FULL_MODEL, SMALL_MODELS, Context
from experiments.parity.finding import Finding, largest_relative
from experiments.parity.trained import TRAINED_MODEL, trained_golden_run
from experiments.parity.work import Argument, OracleRun

SCRIPT = "trajectory.py"
STEPS = 20
TOLERANCE = 1e-3
CHANGE_TOLERANCE = 0.1
MOVE_TOLERANCE = 1e-2
STILL = 1e-6
"""A gradient or a change below this share of the largest is the rounding of float32."""
ROUNDING = 2.0**-24
"""How far float32 may be from a number of length 1: what adding a small change to a weight loses."""
SMALL = ("momentum", "momentum_clip", "adam", "frozen_momentum", "frozen_adam")
FULL = ("momentum_clip", "adam")
USUAL = ("usual_momentum", "usual_adam")


def begin(context: Context) -> None:
    """Queue the oracle's runs, which take minutes."""
    for run, optimizers in _cases(context).values():
        context.begin(SCRIPT, *_arguments(run, optimizers))


def check(context: Context) -> Iterator[Finding]:
    """Compare the losses of every step, and how far the first step moved every variable."""
    for name, (made, optimizers) in _cases(context).items():
        folder = context.runs.result(made)
        golden = product.golden_arrays(folder, "image_uint8", "gt_", "grad/")
        with np.load(context.oracle(SCRIPT, *_arguments(made, optimizers)) / "out.npz") as arrays:
            theirs = dict(arrays)
        for run in theirs["names"].tolist():
            optimizer, frozen = str(theirs[f"{run}/optimizer"]), bool(theirs[f"{run}/frozen"])
            clip = float(theirs[f"{run}/clip"])
            config = product.training_config(folder, optimizer=optimizer, clip=clip, frozen=frozen)
            ours, moved = product.trajectory(folder, config, golden, STEPS)
            yield from _losses(f"{name}, {run}", ours, theirs, run)
            yield _moves(f"{name}, {run}", moved, golden, theirs, run)


def _cases(context: Context) -> dict[str, tuple[OracleRun, tuple[str, ...]]]:
    """Return the golden models with the optimizers that are run on them."""
    small = {name: (context.golden_run(name), SMALL) for name in SMALL_MODELS}
    trained = {TRAINED_MODEL: (trained_golden_run(context), USUAL)}
    return small | trained | {FULL_MODEL: (context.golden_run(FULL_MODEL), FULL)}


def _losses(title: str, ours: dict[str, list[float]], theirs: product.Arrays, run: str) -> Iterator[Finding]:
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
        f"{title}: the OD API against itself",
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


def _moves(
    title: str, moved: dict[str, product.Move], golden: product.Arrays, theirs: product.Arrays, run: str
) -> Finding:
    """Compare the norms of the variables' first changes, beyond what float32 rounds away."""
    gradients = dict(zip(golden["grad/keys"].tolist(), golden["grad/norm"].tolist(), strict=True))
    smallest = STILL * max(gradients.values())
    norms = dict(zip(theirs["keys"].tolist(), theirs[f"{run}/weight_change"].tolist(), strict=True))
    floor = STILL * max(norms.values())
    shares = [
        max(0.0, abs(moved[key].change - norm) - ROUNDING * moved[key].length) / max(norm, floor)
        for key, norm in norms.items()
        if gradients.get(key, smallest) >= smallest
    ]
    return Finding(
        3,
        f"{title}: how far the first step moves each variable",
        max(shares),
        MOVE_TOLERANCE,
        "relative, beyond the rounding of the variable",
        f"norms of {len(shares)} of {len(norms)} changes; the others' gradients are 0 but for rounding",
    )


def _arguments(golden: OracleRun, optimizers: tuple[str, ...]) -> tuple[Argument, ...]:
    return ("--golden", golden.made(), "--steps", str(STEPS), "--only", *optimizers, "--no-repeat")
