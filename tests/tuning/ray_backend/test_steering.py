"""A sweep of two programs on two workers of a real Ray: workers get trials of programs that they hold."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.ray_backend.trainable import PROGRAMS, TRIAL_KEY
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import PATIENCE, TrialManager
from sweepbox.tuning.sweep.queue import TrialQueue
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.stopping import ScheduledTrials, restore_rule
from sweepbox.tuning.trial.compiled_runs import CAPACITY
from tests.earlier_sweeps import without_start

WORKERS = 2
SIZES = [3, 3, 2, 2, 3, 3, 2, 2]
SWEEP: dict[str, Any] = {
    "space": {"batch_size": {"choice": [2, 3]}, "learning_rate": {"uniform": [1e-4, 1e-3]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": len(SIZES),
    "seed": 283,
    "training": {"steps": 4, "evaluate_every": 4},
}
"""The batch sizes come as SIZES says: in this order each of two workers would compile both programs."""

IDLE_S = 20.0
"""More than Ray takes to give a free worker its next trial on a busy machine."""


@pytest.fixture(scope="module")
def folder(tiny_spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> SweepFolder:
    home = tmp_path_factory.mktemp("steered")
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    return suggested_alone(create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run")))


def suggested_alone(folder: SweepFolder) -> SweepFolder:
    """Return a sweep without a trial of its base config, so that all sizes are suggested."""
    without_start(folder)
    return folder


@dataclass(frozen=True)
class Decision:
    """What was known when a free worker was given a trial."""

    trial: str
    held: frozenset[str]
    waiting: tuple[str | None, ...]


@pytest.fixture(scope="module")
def decisions() -> list[Decision]:
    return []


@pytest.fixture(scope="module")
def outcome(folder: SweepFolder, decisions: list[Decision], shared_ray: None) -> SweepOutcome:
    add, take = TrialQueue.add, TrialQueue.take
    waiting: dict[str, str | None] = {}

    def recorded_add(queue: TrialQueue, trial: str, program: str | None) -> None:
        waiting[trial] = program
        add(queue, trial, program)

    def recorded_take(queue: TrialQueue, *, held: Collection[str], elsewhere: Collection[str]) -> str:
        programs = tuple(waiting.values())
        trial = take(queue, held=held, elsewhere=elsewhere)
        del waiting[trial]
        decisions.append(Decision(trial, frozenset(held), programs))
        return trial

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrialQueue, "add", recorded_add)
        patch.setattr(TrialQueue, "take", recorded_take)
        return run_sweep(folder, ray_config=RayConfig(cpus=WORKERS))


@pytest.mark.slow
def test_a_program_is_built_only_where_no_trial_of_a_held_one_waits(
    outcome: SweepOutcome, decisions: list[Decision]
) -> None:
    """Their number depends on the speed of the workers: two if they are alike, never less."""
    assert [trial.status.parameters["batch_size"] for trial in outcome.state.trials] == SIZES
    assert outcome.state.count(TrialState.FINISHED) == len(SIZES)
    status = {trial.id: trial.status for trial in outcome.state.trials}
    assert sorted(decision.trial for decision in decisions) == list(status)
    built = [decision for decision in decisions if status[decision.trial].compile_key not in decision.held]
    assert [d.trial for d in decisions if not status[d.trial].compiled_run_reused] == [d.trial for d in built]
    assert not any(decision.held & set(decision.waiting) for decision in built)
    assert len({status[decision.trial].compile_key for decision in built[:2]}) == 2


@pytest.mark.slow
def test_no_worker_idles(outcome: SweepOutcome) -> None:
    """While trials were left to start, one started soon after each that ended."""
    statuses = [trial.status for trial in outcome.state.trials]
    starts = sorted(status.started for status in statuses if status.started is not None)
    ends = sorted(trial.evaluations[-1].time for trial in outcome.state.trials)
    waits = [start - end for start, end in zip(starts[WORKERS:], ends, strict=False)]
    assert len(waits) == len(SIZES) - WORKERS
    assert max(waits) < IDLE_S


class Workers:
    """Run trials without training, at different speeds, and keep two programs each."""

    def __init__(self, folder: SweepFolder, *, lengths: tuple[int, ...]) -> None:
        self.folder, self.lengths = folder, lengths
        self.held: list[tuple[str, ...]] = [() for _ in lengths]
        self.built = 0

    def run(self, searcher: TrialSource) -> list[str]:
        """Return the trials that a searcher gives, in the order in which they began."""
        order: list[str] = []
        busy: dict[int, tuple[int, str]] = {}
        planned = load_spec(self.folder.spec).trials
        for now in range(1000):
            for worker in [worker for worker, (end, _) in busy.items() if end <= now]:
                searcher.on_trial_complete(busy.pop(worker)[1], {PROGRAMS: " ".join(self.held[worker])})
            for worker in (worker for worker in range(len(self.lengths)) if worker not in busy):
                name = f"ray-{len(order)}"
                given = searcher.suggest(name)
                if given == searcher.FINISHED:
                    return order
                if given is None:
                    assert len(order) == planned, "a free worker is given a trial while there are any"
                    break
                assert isinstance(given, dict)
                order.append(given[TRIAL_KEY])
                self._begin(worker, given[TRIAL_KEY])
                busy[worker] = (now + self.lengths[worker], name)
        raise AssertionError("the searcher never ended")

    def _begin(self, worker: int, trial: str) -> None:
        program = str(read_status(self.folder.trial(trial)).compile_key)
        self.built += program not in self.held[worker]
        self.held[worker] = (*(kept for kept in self.held[worker] if kept != program), program)[-CAPACITY:]


def searcher_of(folder: SweepFolder, *, workers: int, ahead: int) -> TrialSource:
    spec = load_spec(folder.spec)
    trials = ScheduledTrials(
        TrialManager(folder, spec, num_workers=ahead), restore_rule(folder, spec, read_sweep(folder).trials)
    )
    return TrialSource(trials, folder, spec, mode="min", max_concurrent=workers, alone={})


@pytest.mark.parametrize(
    "lengths", [(2, 3), *(pytest.param(long, marks=pytest.mark.slow) for long in ((2, 2), (3, 7), (5, 5, 5)))]
)
def test_a_free_worker_always_gets_a_trial_and_fewer_programs_are_built(
    tiny_spec: dict[str, Any], tmp_path: Path, lengths: tuple[int, ...]
) -> None:
    four = {"space": {"batch_size": {"choice": [2, 3, 4, 5]}, "learning_rate": {"uniform": [1e-4, 1e-3]}}}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP, **four, "trials": 32}))
    built = {}
    for ahead in (0, len(lengths)):
        folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / f"run-{ahead}"))
        workers = Workers(folder, lengths=lengths)
        order = workers.run(searcher_of(folder, workers=len(lengths), ahead=ahead))
        assert sorted(order) == [f"{number:04d}" for number in range(32)]
        late = max(place - int(trial) for place, trial in enumerate(order))
        assert late <= PATIENCE * ahead, "no trial waits longer than it may"
        built[ahead] = workers.built
    assert built[len(lengths)] < built[0]


def test_trials_of_one_program_come_in_order(tiny_spec: dict[str, Any], tmp_path: Path) -> None:
    one = {**SWEEP, "space": {"learning_rate": {"uniform": [1e-4, 1e-3]}}}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **one}))
    folder = suggested_alone(create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run")))
    searcher = searcher_of(folder, workers=2, ahead=2)
    assert Workers(folder, lengths=(2, 3)).run(searcher) == [f"{number:04d}" for number in range(len(SIZES))]


def test_what_was_proposed_ahead_is_run_after_a_crash(tiny_spec: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder = suggested_alone(create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run")))
    manager = TrialManager(folder, load_spec(folder.spec), num_workers=WORKERS)
    assert manager.next_trial() == "0000"
    assert len(folder.trial_folders()) == 1 + WORKERS, "as many are proposed ahead as run at a time"
    again = TrialManager(folder, load_spec(folder.spec), num_workers=WORKERS)
    given = [again.next_trial() for _ in range(len(SIZES) + 1)]
    assert given == [*(f"{number:04d}" for number in range(len(SIZES))), None]
    sizes = [read_status(trial).parameters["batch_size"] for trial in folder.trial_folders()]
    assert sizes == SIZES
