"""A sweep's folder with the records of trials that nobody trained: learning curves drawn from a formula.

The trials are made by the real trial manager, stopped by the sweep's own rule on a virtual clock, and written
as trials write themselves. Whatever reads sweeps can be measured and looked at with it.

    python -m experiments.benchmarks.generated_sweep RECORDS OUT --trials 24 [--running] [--matches]
"""

import argparse
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from experiments.benchmarks.generated_matches import add_matches
from experiments.benchmarks.machine import ROOT
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.tuning.schedule.rule import Action, Plan
from sweepbox.tuning.schedule.simulator import Curve, Simulation, simulate
from sweepbox.tuning.schedule.table import build_rule
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    Origin,
    TrialState,
    read_status,
    write_changes,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager

STEPS, EVERY, BEGAN = 900, 100, 1_790_000_000.0
SPEC: Mapping[str, Any] = {
    "name": "generated",
    "base_config": str(ROOT / "experiments" / "configs" / "quickstart.config"),
    "space": {
        "learning_rate": {"log_uniform": [1e-4, 1e-1]},
        "l2_weight": {"log_uniform": [4e-6, 4e-4]},
        "focal_gamma": {"uniform": [1.0, 2.5]},
        "focal_alpha": {"uniform": [0.2, 0.5]},
        "warmup_steps": {"integer": [0, 200], "step": 20},
    },
    "augmentations": {
        "random_adjust_brightness": {"enabled": [True, False], "max_delta": {"uniform": [0.05, 0.3]}},
        "random_horizontal_flip": {"enabled": [True, False]},
    },
    "objective": {"metric": "mAP@.50"},
    "sampler": {"type": "random"},
    "scheduler": {"type": "asha", "grace_period": 2, "reduction_factor": 2},
    "training": {"steps": STEPS, "evaluate_every": EVERY},
    "seed": 3,
}
FAILURES = 19
"""Every so manieth trial fails."""
MOMENT = 0.6
"""The share of the sweep's time after which a running one is seen."""


@dataclass(frozen=True)
class GeneratedTrial:
    """A trial that was not trained: its final score, and the seconds between two evaluations."""

    final: float
    seconds: float
    noise: random.Random


def generate_sweep(
    records: Path,
    out: Path,
    *,
    trials: int,
    workers: int = 4,
    running: bool = False,
    matches: bool = False,
    **changes: Any,
) -> SweepFolder:
    """Make the folder of a sweep whose trials have ended, or of one that is under way.

    Args:
        records: Prepared records.
        out: The folder to make.
        trials: The number of trials.
        workers: How many trials ran at a time.
        running: Leave out what happened after `MOMENT` of its time.
        matches: Give finished trials simulated detections, see `generated_matches.py`.
        changes: Keys of the sweep file to replace.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    file = out.with_name(f"{out.name}.yaml")
    file.write_text(yaml.safe_dump({**SPEC, "data": str(records), "trials": trials, **changes}))
    folder = create_sweep(SweepRequest(file, out=out))
    file.unlink()
    folder.start.unlink(missing_ok=True)
    spec = load_spec(folder.spec)
    manager = TrialManager(folder, spec)
    names = [manager.next_trial() for _ in range(trials)]
    _make_base(folder)
    made = {name: _trial(read_status(folder.trial(name)).parameters, int(name)) for name in names if name}
    simulation = simulate(
        build_rule(
            spec.scheduler, Plan(trials=trials, max_evaluations=STEPS // EVERY, protected=frozenset({"0000"}))
        ),
        [_curve(name, trial) for name, trial in made.items()],
        workers=workers,
    )
    until = simulation.seconds * MOMENT if running else math.inf
    for name, trial in made.items():
        _write(folder, name, trial, simulation, until)
    if matches:
        add_matches(folder, metric="mAP@.50")
    return folder


def _make_base(folder: SweepFolder) -> None:
    """Turn the first trial into that of the base config."""
    first = folder.trial("0000")
    save_config(load_config(folder.base_config), first.config)
    write_changes(first, ())
    write_status(first, replace(read_status(first), parameters={}, origin=Origin.BASE))


def _trial(parameters: Mapping[str, Any], number: int) -> GeneratedTrial:
    """Return a trial whose score falls with the distance of its parameters from an optimum."""
    noise = random.Random(number)  # noqa: S311 - no secret
    rate = math.log10(float(parameters.get("learning_rate", 1e-3)))
    gamma, decay = float(parameters.get("focal_gamma", 2)), math.log10(float(parameters.get("l2_weight", 4e-5)))
    final = 0.82 * math.exp(
        -(((rate + 2.3) / 0.9) ** 2) - ((gamma - 1.5) / 1.6) ** 2 - ((decay + 4.6) / 3) ** 2
    )
    final *= 1.0 if parameters.get("random_horizontal_flip") else 0.93
    final *= 1.0 if parameters else 0.85  # the base config
    return GeneratedTrial(max(final + noise.gauss(0, 0.015), 0.01), noise.uniform(24, 40), noise)


def _curve(name: str, trial: GeneratedTrial) -> Curve:
    count = 1 if _fails(name) else STEPS // EVERY
    scores = (trial.final * (1 - math.exp(-(number + 1) / 2.6)) for number in range(count))
    return Curve(name, tuple(score + trial.noise.gauss(0, 0.008) for score in scores), (trial.seconds,) * count)


def _fails(name: str) -> bool:
    return int(name) % FAILURES == FAILURES - 2


def _write(folder: SweepFolder, name: str, trial: GeneratedTrial, simulation: Simulation, until: float) -> None:
    steps = [step for step in simulation.steps if step.report.trial == name]
    seen = [step for step in steps if step.time <= until]
    begins = steps[0].time - trial.seconds if steps else math.inf
    record = folder.trial(name)
    status = read_status(record)
    if begins > until:
        return
    names = load_label_map(folder.label_map).names
    evaluations = [
        Evaluation(
            number,
            EVERY * number,
            BEGAN + step.time,
            trial.seconds,
            _metrics(max(step.report.score, 0.0), names, trial.noise),
            evaluation_s=0.2 * trial.seconds,
            images_per_s=800 / trial.seconds,
            input_wait_fraction=0.04,
        )
        for number, step in enumerate(seen, start=1)
    ]
    has_ended = len(seen) == len(steps)
    is_whole = len(steps) == STEPS // EVERY
    state = TrialState.RUNNING
    if has_ended:
        state = TrialState.FINISHED if is_whole else TrialState.STOPPED_EARLY
        state = TrialState.FAILED if _fails(name) and steps[-1].action is not Action.STOP else state
    error = "TrainingError: the loss is nan at step 130; lower the learning rate"
    if state is TrialState.FAILED:
        record.traceback.write_text(
            f'Traceback (most recent call last):\n  File "worker.py", line 88\n{error}\n'
        )
    write_evaluations(record, evaluations)
    write_status(
        record,
        replace(
            status,
            state=state,
            step=EVERY * len(seen),
            seconds=trial.seconds * len(seen),
            started=BEGAN + begins,
            ended=BEGAN + steps[-1].time if has_ended else None,
            attempts=1,
            host="node-1",
            error=error if state is TrialState.FAILED else None,
        ),
    )


def _metrics(score: float, names: Sequence[str], noise: random.Random) -> dict[str, float]:
    """Return metrics as an evaluation reports them, around a mAP@.50."""
    factors = [1.12, 1.0, 0.88, *(0.95 for _ in names)]
    by_class = {name: min(score * factor, 0.99) for name, factor in zip(names, factors, strict=False)}
    total = 1.6 - score + noise.gauss(0, 0.02)
    return {
        "mAP": 0.55 * score,
        "mAP@.50": score,
        "mAP@.75": 0.5 * score,
        "mAP (small)": 0.2 * score,
        "mAP (medium)": 0.5 * score,
        "mAP (large)": 0.7 * score,
        "AR@1": 0.4 * score,
        "AR@10": 0.6 * score,
        "AR@100": 0.65 * score,
        **{f"AP/{name}": 0.55 * value for name, value in by_class.items()},
        **{f"AP@.50/{name}": value for name, value in by_class.items()},
        "loss/total": total,
        "loss/localization": 0.4 * total,
        "loss/classification": 0.5 * total,
        "loss/regularization": 0.1 * total,
        "parameters": 1_033_000.0,
    }


def main() -> None:
    """Make a sweep and print its folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--running", action="store_true")
    parser.add_argument("--matches", action="store_true")
    options = parser.parse_args()
    kinds = {"running": options.running, "matches": options.matches}
    folder = generate_sweep(options.records, options.out, trials=options.trials, **kinds)
    print(json.dumps({"folder": str(folder.path)}))


if __name__ == "__main__":
    main()
