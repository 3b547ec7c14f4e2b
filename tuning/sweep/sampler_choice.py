"""The sampler of a sweep file: checked against its space, chosen where it says `auto`, its trials limited."""

import math
import os

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.samplers.auto import Budget, choose_sampler
from sweepbox.tuning.search.samplers.grid import max_trials
from sweepbox.tuning.search.samplers.table import AUTO, sampler_of, with_all_options
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec


def fix_sampler(spec: SweepSpec) -> tuple[SweepSpec, tuple[str, ...]]:
    """Return a spec with a sampler that fits its space, and a line for each decision.

    `auto` becomes the chosen sampler with all its options, and a grid gets no more trials than it has points.

    Raises:
        SweepError: The sampler is unknown, has wrong options or cannot search the space.
    """
    lines: list[str] = []
    objectives = len(Objective.of(spec.objective).goals)
    if spec.sampler.type == AUTO:
        with_all_options(spec.sampler)
        choice = choose_sampler(Space.of(spec), Budget(spec.trials, expected_workers(spec), objectives))
        spec = spec.model_copy(update={"sampler": choice.sampler})
        lines.append(choice.reason)
    space = Space.of(spec)
    sampler = sampler_of(spec.sampler)
    if objectives > 1 and not sampler.several_objectives:
        raise SweepError(f"sampler.type: {spec.sampler.type} takes one objective; use nsga2 or tpe")
    if problems := sampler.problems(space):
        raise SweepError("\n".join(problems))
    most = max_trials(sampler, space)
    if most is not None and most < spec.trials:
        lines.append(f"trials: {most} instead of {spec.trials}, since the grid has {most} points")
        spec = spec.model_copy(update={"trials": most})
    return spec.model_copy(update={"sampler": with_all_options(spec.sampler)}), tuple(lines)


def expected_workers(spec: SweepSpec) -> int:
    """Return `max_concurrent`, else how many trials this machine, or one GPU, has room for."""
    if spec.max_concurrent is not None:
        return spec.max_concurrent
    needs = spec.resources_per_trial
    room = 1 / needs.gpu if needs.gpu else (os.cpu_count() or 1) / needs.cpu
    return max(1, math.floor(room + 1e-9))
