"""Trials that are replaced by copies of others on a real Ray, and confirmed; one driver is killed."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.search.perturbation import Perturbed
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Origin, TrialState
from sweepbox.tuning.sweep import new_trials
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState
from tests.processes import kill_family

ROOT = Path(__file__).parents[3]
POPULATION: dict[str, Any] = {
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "scheduler": {"type": "pbt"},
    "trials": 3,
    "max_concurrent": 1,
}
DRIVER = """
import sys
from pathlib import Path
from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.storage.folder import SweepFolder

run_sweep(SweepFolder(Path(sys.argv[1])), ray_config=RayConfig(cpus=1))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copying")


def begun(tiny_spec: dict[str, Any], home: Path, name: str, **changes: Any) -> SweepFolder:
    path = home / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**tiny_spec, **POPULATION, **changes}))
    return create_sweep(SweepRequest(path, out=home / name))


def check_population(state: SweepState) -> None:
    """Each copy replaces one stopped trial and ran to its end or was replaced, too; three trials finish."""
    assert state.is_complete
    copies = [trial for trial in state.trials if trial.status.copied_from is not None]
    assert [trial.id for trial in copies] == [f"{number:04d}" for number in range(3, len(state.searched))]
    assert copies
    replaced = Counter(trial.status.replaces for trial in copies)
    assert max(replaced.values()) == 1
    stopped = {trial.id for trial in state.searched if trial.state is TrialState.STOPPED_EARLY}
    assert stopped == set(replaced)
    assert sum(trial.state is TrialState.FINISHED for trial in state.searched) == 3
    for trial in copies:
        assert trial.status.origin is Origin.COPIED
        copied_from = trial.status.copied_from
        assert copied_from is not None
        made = [item.evaluation for item in trial.evaluations]
        assert made == [*range(copied_from.evaluation + 1, copied_from.evaluation + 1 + len(made))]
        assert trial.state is TrialState.STOPPED_EARLY or made[-1] == 3
    assert not list(state.folder.trials.glob("*/last"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_copy_continues_as_its_source_would(
    tiny_spec: dict[str, Any], home: Path, shared_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies keep the parameters of their sources here, so each measures what its source would have."""
    monkeypatch.setattr(
        new_trials,
        "perturb",
        lambda space, parameters, **_: Perturbed(parameters, space.suggest(Replay(parameters))),
    )
    folder = begun(tiny_spec, home, "copied")
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=1))
    assert outcome.stopped_by is None
    check_population(outcome.state)
    undisturbed = begun(tiny_spec, home, "undisturbed", scheduler={"type": "none"})
    expected = {
        trial.id: {item.evaluation: item.metrics["loss/total"] for item in trial.evaluations}
        for trial in run_sweep(undisturbed, ray_config=RayConfig(cpus=1)).state.trials
    }
    for trial in outcome.state.trials:
        root = trial
        while root.status.copied_from is not None:
            root = outcome.state.trial(root.status.copied_from.trial)
        for item in trial.evaluations:
            assert item.metrics["loss/total"] == pytest.approx(expected[root.id][item.evaluation], rel=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_population_is_resumed_and_confirmed(
    tiny_spec: dict[str, Any], home: Path, shared_ray: None
) -> None:
    """The driver, Ray and the trial that runs are killed after the first copy was made."""
    folder = begun(tiny_spec, home, "killed", confirm={"top": 3, "seeds": 2})
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(folder.path)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 250
        while not folder.trial("0003").status.is_file():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        kill_family(process)
    before = {trial.id: trial.status for trial in load_sweep(folder.path).trials}
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=1))
    assert outcome.stopped_by is None
    check_population(outcome.state)
    for name, status in before.items():
        now = outcome.state.trial(name).status
        assert (now.parameters, now.copied_from) == (status.parameters, status.copied_from)
    check_confirmation(outcome.state)


def check_confirmation(state: SweepState) -> None:
    """Each finalist is trained with two seeds, under its configs at their steps."""
    assert state.winner is not None
    assert state.winner.confirmation is not None
    chains = 0
    for entry in state.winner.confirmation["finalists"]:
        found = state.trial(entry["name"])
        segments = state.chains.several(found.id)
        assert [item["seed"] for item in entry["seeds"]] == [5, 6]
        for seed, trial in ((item["seed"], state.trial(item["trial"])) for item in entry["seeds"]):
            assert trial.state is TrialState.FINISHED
            assert state.chains.several(trial.id) == segments
            measured = {item.evaluation: item.metrics["loss/total"] for item in trial.evaluations}
            before = {item.evaluation: item.metrics["loss/total"] for item in found.evaluations}
            if seed == 5:
                assert {number: measured[number] for number in before} == pytest.approx(before, rel=1e-6)
            else:
                assert [*measured] == [1, 2, 3]
                chains += bool(segments)
    assert chains, "no finalist continued another trial"
