"""Compare twenty consecutive training steps from one checkpoint on one batch, without augmentation, in float32.

Networks with random weights are chaotic: at typical learning rates the OD API's own losses differ by several
percent after twenty steps if its weights are perturbed by 1e-7. These networks are therefore trained at small
rates, and the change of the loss and of each variable is compared as well. The trained detector uses typical
rates.
"""

from collections.abc import Iterator

import numpy as np

from experiments.parity import engine
from experiments.parity.context import FULL_MODEL, SMALL_MODELS, Context
from experiments.parity.finding import Finding, largest_relative
from experiments.parity.trained import TRAINED_MODEL, trained_golden_run
from experiments.parity.work import Argument, OracleRun

SCRIPT = "trajectory.py"
STEPS = 20
TOLERANCE = 1e-3
CHANGE_TOLERANCE = 0.1
MOVE_TOLERANCE = 1e-2
NEGLIGIBLE = 1e-6
"""A gradient or a change below this fraction of the largest is float32 rounding error."""
ROUNDING = 2.0**-24
"""Relative rounding error of float32, which adding a small change to a weight incurs."""
SMALL = ("momentum", "momentum_clip", "adam", "frozen_momentum", "frozen_adam")
FULL = ("momentum_clip", "adam")
USUAL = ("usual_momentum", "usual_adam")


def submit_runs(context: Context) -> None:
    """Queue the oracle's runs, which take several minutes."""
    for run, optimizers in _cases(context).values():
        context.submit(SCRIPT, *_arguments(run, optimizers))


def check(context: Context) -> Iterator[Finding]:
    """Compare the losses of every step, and the change of every variable in the first step."""
    for name, (golden_run, optimizers) in _cases(context).items():
        folder = context.runs.result(golden_run)
        golden = engine.golden_arrays(folder, "image_uint8", "gt_", "grad/")
        with np.load(context.oracle(SCRIPT, *_arguments(golden_run, optimizers)) / "out.npz") as arrays:
            theirs = dict(arrays)
        for run in theirs["names"].tolist():
            optimizer, frozen = str(theirs[f"{run}/optimizer"]), bool(theirs[f"{run}/frozen"])
            clip = float(theirs[f"{run}/clip"])
            config = engine.training_config(folder, optimizer=optimizer, clip=clip, frozen=frozen)
            ours, moved = engine.trajectory(folder, config, golden, STEPS)
            yield from _losses(f"{name}, {run}", ours, theirs, run)
            yield _moves(f"{name}, {run}", moved, golden, theirs, run)


def _cases(context: Context) -> dict[str, tuple[OracleRun, tuple[str, ...]]]:
    """Return the golden models and the optimizers to run on each."""
    small = {name: (context.golden_run(name), SMALL) for name in SMALL_MODELS}
    trained = {TRAINED_MODEL: (trained_golden_run(context), USUAL)}
    return small | trained | {FULL_MODEL: (context.golden_run(FULL_MODEL), FULL)}


def _losses(title: str, ours: dict[str, list[float]], theirs: engine.Arrays, run: str) -> Iterator[Finding]:
    expected = {loss: theirs[f"{run}/{loss}_loss"] for loss in ours}
    perturbed = {loss: theirs[f"{run}/perturbed/{loss}_loss"] for loss in ours}
    first, last = float(expected["total"][0]), float(expected["total"][-1])
    yield Finding(
        3,
        f"{title}: losses of {STEPS} steps",
        max(largest_relative(ours[loss], expected[loss]) for loss in ours),
        TOLERANCE,
        note=f"total from {first:.5g} to {last:.5g}",
    )
    yield Finding(
        3,
        f"{title}: the OD API against itself",
        max(largest_relative(perturbed[loss], expected[loss]) for loss in ours),
        TOLERANCE,
        note="weights perturbed by a relative 1e-7",
        is_context=True,
    )
    change = float(ours["total"][-1] - ours["total"][0])
    yield Finding(
        3,
        f"{title}: change of the total loss over {STEPS} steps",
        largest_relative(change, last - first),
        CHANGE_TOLERANCE,
        note=f"{last - first:.3g}",
    )


def _moves(
    title: str, moved: dict[str, engine.Move], golden: engine.Arrays, theirs: engine.Arrays, run: str
) -> Finding:
    """Compare the norms of the variables' changes in the first step, minus float32 rounding error."""
    gradients = dict(zip(golden["grad/keys"].tolist(), golden["grad/norm"].tolist(), strict=True))
    smallest = NEGLIGIBLE * max(gradients.values())
    norms = dict(zip(theirs["keys"].tolist(), theirs[f"{run}/weight_change"].tolist(), strict=True))
    floor = NEGLIGIBLE * max(norms.values())
    differences = [
        max(0.0, abs(moved[key].change - norm) - ROUNDING * moved[key].length) / max(norm, floor)
        for key, norm in norms.items()
        if gradients.get(key, smallest) >= smallest
    ]
    return Finding(
        3,
        f"{title}: change of each variable in the first step",
        max(differences),
        MOVE_TOLERANCE,
        "relative, minus rounding error",
        f"norms of {len(differences)} of {len(norms)} changes; the other gradients are zero up to rounding",
    )


def _arguments(golden: OracleRun, optimizers: tuple[str, ...]) -> tuple[Argument, ...]:
    return ("--golden", golden.output(), "--steps", str(STEPS), "--only", *optimizers, "--no-repeat")
