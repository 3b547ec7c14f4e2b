"""A whole training on one GPU within a given time: each class's average precision, wall time, the curve.

    python -m experiments.benchmarks.gpu_full_training --carried FOLDER --batch-size 32 --seconds 180
        [--weights FILE] [--config C --name MODEL] [--steps N] [--set PATH=VALUE …] [--results FOLDER]

By default SSD ResNet50 V1 FPN at 640 from random weights, in bfloat16. First a few steps and an evaluation,
with which everything is compiled, tell how long each takes; then the training begins anew, with as many steps
(on which the learning rate's schedule depends) and eight evaluations as fit into what is left of `--seconds`.
`--steps` gives their number outright. After each evaluation the figures so far go, with the curve, into
`gpu_full_training.json`. Aim: mAP@.50 of 0.76 on the validation part of the face-mask photographs.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from experiments.benchmarks.__main__ import RESULTS
from experiments.benchmarks.figure import Figure
from experiments.benchmarks.gpu_training import SSD_RESNET, TRAINING
from experiments.benchmarks.kept import keep, kept_fact
from experiments.benchmarks.ours.carried import add_options, carried_settings, on_gpu
from experiments.benchmarks.workspace import RESNET

RESULT = "gpu_full_training.json"
METRIC = "mAP@.50"
LEAST_MAP_50 = 0.76
EVALUATIONS = 8
PROBED_STEPS = 20
SHORTEST_STEPS = 20
LAST_S = 3.0
"""Kept back of the time that is given."""


def main() -> None:
    options = _arguments()
    on_gpu()
    from sweepbox.detection.runner import TrainingRun

    begun = time.perf_counter()
    run = TrainingRun(_settings(options, 2 * PROBED_STEPS))
    steps = options.steps or _steps_within(run, options, begun)
    print(f"{options.name}, batch {options.batch_size}: {steps} steps", flush=True)
    started = time.perf_counter()
    run.reset(_settings(options, steps))
    _train(run, options, started, began_after_s=started - begun)
    run.close()


def _steps_within(run: Any, options: argparse.Namespace, begun: float) -> int:
    """Return how many steps fit into the time that is left, after trying steps and evaluations."""
    run.advance(2)
    run.evaluate()
    started = time.perf_counter()
    run.advance(PROBED_STEPS)
    trained = time.perf_counter()
    run.evaluate()
    evaluated = time.perf_counter()
    left_s = options.seconds - LAST_S - (evaluated - begun) - EVALUATIONS * (evaluated - trained)
    return max(SHORTEST_STEPS, int(PROBED_STEPS * left_s / (trained - started)))


def _train(run: Any, options: argparse.Namespace, started: float, *, began_after_s: float) -> None:
    """Train to the end and keep the figures after each evaluation."""
    interval, curve, best = -(-run.total_steps // EVALUATIONS), [], {}
    kept = started
    while run.step < run.total_steps:
        summary = run.advance(min(interval, run.total_steps - run.step))
        metrics = run.evaluate()
        now = time.perf_counter()
        if not best or metrics[METRIC] > best[METRIC]:
            best = metrics
        point = {name: metrics[name] for name in ("mAP", METRIC, "loss/total")}
        speed = {"images_per_s": summary.images_per_s, "input_wait_fraction": summary.input_wait_fraction}
        curve.append({"step": run.step, "seconds": round(now - started, 1), **point, **speed})
        print("  ", curve[-1], flush=True)
        facts = {"steps": run.total_steps, "ready_after_s": round(began_after_s, 1)}
        _keep(options, curve, best, facts, seconds=now - kept)
        kept = now


def _settings(options: argparse.Namespace, steps: int) -> Any:
    return carried_settings(
        options,
        Path("unused"),
        steps=steps,
        batch_size=options.batch_size,
        evaluations=EVALUATIONS,
        weights=options.weights,
    )


def _keep(
    options: argparse.Namespace,
    curve: list[dict[str, float]],
    best: dict[str, float],
    facts: dict[str, float],
    *,
    seconds: float,
) -> None:
    """Write what is known so far."""
    start = "random weights" if options.weights is None else options.weights.stem
    name = f"full training, {options.name} from {start}, batch {options.batch_size}"
    done = f"{curve[-1]['step']:.0f} of {facts['steps']} steps; ready to train after {facts['ready_after_s']} s"
    figures = [
        Figure(f"{name}: wall time", "s", curve[-1]["seconds"], note=done),
        Figure(f"{name}: {METRIC}", "", best[METRIC], better="higher", note=f"to be at least {LEAST_MAP_50:g}"),
        *(
            Figure(f"{name}: {metric}", "", value, better="higher")
            for metric, value in best.items()
            if metric == "mAP" or metric.startswith(("AP/", "AP@.50/"))
        ),
    ]
    path = options.results / RESULT
    curves = {**(kept_fact(path, "curves") or {}), name: {**facts, "evaluations": curve}}
    device = kept_fact(options.results / TRAINING, "device")
    keep(path, figures, seconds=seconds, curves=curves, **({"device": device} if device else {}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, RESNET)
    parser.add_argument("--name", default=SSD_RESNET, help="what the figures call the config's model")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--weights", type=Path, help="backbone weights to start from; random ones without")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--seconds", type=float, help="the time for all of it")
    length.add_argument("--steps", type=int)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
