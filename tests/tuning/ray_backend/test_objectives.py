"""Real sweeps with constraints, conditions, several goals and costs, each stopped once and resumed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.report.markdown_text import plain
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.latency import read_latencies
from sweepbox.tuning.storage.start_file import read_start
from sweepbox.tuning.storage.trial_record import Origin, TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.state import SweepState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RARE = "AP@.50/mask_weared_incorrect"
CONDITIONAL: dict[str, Any] = {
    "learning_rate": {"log_uniform": [1e-4, 1e-2]},
    "focal_gamma": {"choice": [1.0, 2.0]},
    "focal_alpha": {"uniform": [0.2, 0.6], "when": {"focal_gamma": 2.0}},
}
COMMON: dict[str, Any] = {
    "space": CONDITIONAL,
    "augmentations": {},
    "scheduler": {"type": "asha", "grace_period": 1, "reduction_factor": 2},
    "trials": 4,
    "max_concurrent": 1,
}


@dataclass(frozen=True)
class StopAfterOne:
    """Asks the sweep to stop when its first trial has ended."""

    folder: SweepFolder

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        if state.ended:
            self.folder.request_stop("test")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("objectives")


def resumed(tiny_spec: dict[str, Any], home: Path, name: str, **changes: Any) -> tuple[SweepFolder, SweepState]:
    """Return a sweep that was stopped after its first trial and then run to its end."""
    path = home / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**tiny_spec, **COMMON, **changes}))
    folder = create_sweep(SweepRequest(path, out=home / name))
    first = run_sweep(folder, ray_config=RayConfig(cpus=2), listener=StopAfterOne(folder))
    assert first.stopped_by in ("test", None)
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2))
    assert outcome.stopped_by is None
    assert outcome.state.is_complete
    assert outcome.state.count(TrialState.FAILED) == 0
    assert outcome.state.trials[0].status.origin is Origin.BASE
    assert outcome.state.trials[0].state is TrialState.FINISHED
    return folder, outcome.state


@pytest.fixture(scope="module")
def constrained(tiny_spec: dict[str, Any], home: Path, shared_ray: None) -> tuple[SweepFolder, SweepState]:
    """A sweep with a constraint that no checkpoint meets, conditions and requirements."""
    return resumed(
        tiny_spec,
        home,
        "constrained",
        objective={"metric": "loss/total", "constraints": [f"{RARE} >= 0.4"]},
        require=["focal_gamma == 2.0 or learning_rate <= 0.003"],
    )


def test_where_no_checkpoint_is_feasible_the_least_violation_decides_then_the_metric(
    constrained: tuple[SweepFolder, SweepState],
) -> None:
    folder, state = constrained
    evaluations = [item for trial in state.trials for item in trial.evaluations]
    assert all(item.metrics[RARE] < 0.4 for item in evaluations)
    assert state.best is not None
    highest = max(item.metrics[RARE] for item in evaluations)
    assert max(state.best.metrics[RARE], 0.0) == max(highest, 0.0)
    if highest <= 0:  # all lack everything
        assert state.best.value == min(item.metrics["loss/total"] for item in evaluations)
    assert f"| {plain(f'{RARE} >= 0.4')} | {state.best.metrics[RARE]:.4g} | no |" in folder.report.read_text()


def test_conditional_parameters_meet_the_requirements(constrained: tuple[SweepFolder, SweepState]) -> None:
    _, state = constrained
    for trial in state.trials[1:]:
        given = trial.status.parameters
        assert ("focal_alpha" in given) == (given["focal_gamma"] == 2.0)
        assert given["focal_gamma"] == 2.0 or float(given["learning_rate"]) <= 0.003


def test_a_sweep_of_two_goals_starts_from_one_with_another_space(
    tiny_spec: dict[str, Any], home: Path, constrained: tuple[SweepFolder, SweepState]
) -> None:
    earlier, known = constrained
    space = {**CONDITIONAL, "learning_rate": {"log_uniform": [1e-5, 2e-2]}}
    folder, state = resumed(
        tiny_spec,
        home,
        "two_goals",
        space=space,
        start_from=[str(earlier.path)],
        objective={"metric": ["loss/total", "parameters"]},
    )
    start = read_start(folder)
    assert start is not None
    assert len(start.earlier) >= len(known.trials) - 1, "the base config may have values outside of the space"
    (parameters,) = {item.metrics["parameters"] for trial in state.trials for item in trial.evaluations}
    losses = [trial.best.metrics["loss/total"] for trial in state.trials if trial.best is not None]
    assert [point.values for point in state.front] == [{"loss/total": min(losses), "parameters": parameters}]


def test_latencies_are_measured_once_and_decide(
    tiny_spec: dict[str, Any], home: Path, shared_ray: None
) -> None:
    folder, state = resumed(
        tiny_spec,
        home,
        "latency",
        space={"scales_per_octave": {"choice": [1, 2]}},
        sampler={"type": "grid"},
        trials=3,
        objective={"metric": ["loss/total", "latency_ms"], "constraints": ["latency_ms <= 100000"]},
    )
    records = read_latencies(folder)
    assert len(records) == 2
    assert all(item.latency_idle for item in records)
    assert folder.log.read_text().count(": latency ") == 2, "none is measured again after the restart"
    measured = {item.latency_ms for item in records}
    assert {item.metrics["latency_ms"] for trial in state.trials for item in trial.evaluations} == measured
    costs = {
        (item.metrics["parameters"], item.metrics["gflop"])
        for trial in state.trials
        for item in trial.evaluations
    }
    assert len(costs) == 2, "an anchor more makes the heads larger"
    assert state.front
    assert "## Pareto front" in folder.report.read_text()
    assert "Latencies (`latency/`) were measured on" in folder.report.read_text()
