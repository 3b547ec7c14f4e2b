"""`start_from`: files of known good points, and earlier sweeps whose results the sampler knows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.difference import config_difference
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.endpoints import fixed_reason
from sweepbox.tuning.search.observation import Observation
from sweepbox.tuning.search.replay import is_in_space
from sweepbox.tuning.search.space import AUGMENTATION_PATH, Space
from sweepbox.tuning.spec.schema import Scalar, SweepSpec
from sweepbox.tuning.spec.steps import evaluation_plan
from sweepbox.tuning.spec.yaml_text import load_yaml
from sweepbox.tuning.storage.start_file import Start
from sweepbox.tuning.sweep.observations import observation_of
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

Point = Mapping[str, Scalar]
POINT_FILES = (".yaml", ".yml")


@dataclass(frozen=True)
class StartNotes:
    """How a sweep starts, and a line on each source: what of it is used, what is not and why."""

    start: Start
    lines: tuple[str, ...]


def start_of(spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> StartNotes:
    """Read what a sweep file starts from; SweepError lists all problems, by their keys in the sweep file."""
    points: list[Point] = []
    earlier: list[Observation] = []
    lines, problems = [], []
    for index, source in enumerate(spec.start_from):
        try:
            if Path(source).suffix in POINT_FILES:
                given = read_points(Path(source), spec, base)
                points += given
                lines.append(f"{source}: {len(given)} points are trials of this sweep")
            else:
                state = load_sweep(Path(source))
                known = usable_trials(state, spec, base)
                earlier += known.observations
                lines.append(f"{source}: {known}")
        except (SweepError, ConfigError) as error:
            problems += [f"start_from[{index}]: {line}" for line in str(error).splitlines()]
    if problems:
        raise SweepError("\n".join(problems))
    return StartNotes(Start(tuple(points), tuple(earlier)), tuple(lines))


def read_points(path: Path, spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> list[Point]:
    """Return the points of a YAML file, a list of mappings from keys of a space to values.

    SweepError where it is something else, or the config refuses a point; all problems are listed.
    """
    given: Any = load_yaml(path)
    if not isinstance(given, list) or not all(isinstance(point, dict) and point for point in given):
        raise SweepError(f"{path}: give a list of points, each with settings: `- {{learning_rate: 0.01}}`")
    problems: list[str] = []
    for number, point in enumerate(given, start=1):
        problems += [f"{path}: point {number}: {line}" for line in point_problems(point, spec, base)]
    if problems:
        raise SweepError("\n".join(problems))
    return given


def point_problems(point: Point, spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> list[str]:
    """Return why a point cannot be a trial of a sweep, one line each."""
    fixed = [f"{key}: cannot be set: {reason}; remove it" for key in point if (reason := fixed_reason(key))]
    if fixed:
        return fixed
    try:
        check_supported(apply_edits(base, point_edits(point, Space.of(spec))))
    except (ConfigError, TypeError) as error:
        return str(error).splitlines()
    return []


def point_edits(point: Point, space: Space) -> tuple[Edit, ...]:
    """Return the edits of the base config that a point means; an augmentation may be named as in the space."""
    edits = []
    for key, value in point.items():
        name, dot, field = key.partition(".")
        if name in space.augmentations:
            path = AUGMENTATION_PATH.format(name=name)
            edits.append(Edit(f"{path}{dot}{field}", value if dot or value is True else None))
        else:
            edits.append(Edit(key, value))
    return tuple(edits)


@dataclass(frozen=True)
class UsableTrials:
    """The trials of an earlier sweep that a sampler can learn from, and why others are left out."""

    observations: tuple[Observation, ...]
    left_out: Mapping[str, int]
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return one line for people."""
        parts = [f"the sampler knows {len(self.observations)} of its trials"]
        parts += [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        if self.differences:
            shown = ", ".join(self.differences[:3]) + (" …" if len(self.differences) > 3 else "")
            parts.append(f"its base config differs in {shown}")
        return "; ".join(parts)


def usable_trials(state: SweepState, spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> UsableTrials:
    """Return the ended trials whose parameters lie in the space and whose length is that of this sweep."""
    objective, space = Objective.of(spec.objective), Space.of(spec)
    earlier_base = load_config(state.folder.base_config)
    same_interval = evaluation_plan(earlier_base, state.spec.training) == evaluation_plan(base, spec.training)
    used: list[Observation] = []
    left_out: Counter[str] = Counter()
    for trial in state.trials:
        observation = _observed(trial, objective)
        reason = _reason(trial, observation, base, space, same_interval=same_interval)
        if reason is None:
            used.append(replace(observation, attributes={}))
        else:
            left_out[reason] += 1
    searched = {change.path for trial in state.trials for change in trial.changes}
    changes = [item.path for item in config_difference(earlier_base, base) if item.path not in searched]
    return UsableTrials(tuple(used), dict(left_out), tuple(changes))


def _observed(trial: TrialResult, objective: Objective) -> Observation:
    """Return what the trial tells by this sweep's objective."""
    return observation_of(trial.with_evaluations(trial.evaluations, objective), objective)


def _reason(
    trial: TrialResult,
    observation: Observation,
    base: pb.TrainEvalPipelineConfig,
    space: Space,
    *,
    same_interval: bool,
) -> str | None:
    """Return why a trial cannot be used, None where it can."""
    if trial.status.is_confirmation:
        return "trained again to confirm another"
    if not trial.state.has_ended or trial.status.duplicate_of is not None:
        return "not ended, or equal to another"
    if not observation.intermediate:
        return "no evaluation by this objective"
    if trial.status.total_steps != base.train_config.num_steps or not same_interval:
        return "another length or evaluation interval"
    return None if is_in_space(observation.parameters, space) else "parameters that the space has not"
