"""Confirming the winner of a population: a trial that continues others is a chain of configs, trained again."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.schedule.rule import CopyOrder
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import CopiedFrom, TrialState, read_status
from sweepbox.tuning.sweep.chains import chain_fingerprint
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.export_source import export_source
from sweepbox.tuning.sweep.formatting import origin_text
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.winner.confirmation import ConfirmationTrials
from sweepbox.tuning.winner.finalists import finalists_of, missing_runs, runs_of, seeds_of

Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
CONFIRM = ConfirmSpec(top=2, seeds=2)


@pytest.fixture
def population(write_spec: Callable[..., Path], tmp_path: Path, live: Live) -> SweepFolder:
    """A population whose search is over: 0000, the base config, is continued by 0002, and that by 0003."""
    spec = write_spec(
        scheduler={"type": "pbt"},
        objective={"metric": "mAP"},
        trials=2,
        confirm=CONFIRM.model_dump(),
    )
    folder = create_sweep(SweepRequest(spec, out=tmp_path / "run"))
    manager = manager_of(folder)
    assert [manager.next_trial() for _ in range(3)] == ["0000", "0001", None]
    live(folder, "0000", [0.4], TrialState.RUNNING)
    live(folder, "0001", [0.1], TrialState.STOPPED_EARLY)
    manager.close("0001")
    assert manager.copy(CopyOrder("0001", source="0000", evaluation=1)) == "0002"
    live(folder, "0002", [0.5], TrialState.STOPPED_EARLY)
    assert manager.copy(CopyOrder("0002", source="0002", evaluation=2)) == "0003"
    manager.close("0002")
    live(folder, "0003", [0.6], TrialState.FINISHED)
    manager.close("0003")
    live(folder, "0000", [0.4, 0.2, 0.3], TrialState.FINISHED)
    manager.close("0000")
    return folder


def manager_of(folder: SweepFolder) -> TrialManager:
    return TrialManager(folder, load_spec(folder.spec))


def state_of(folder: SweepFolder) -> SweepState:
    return read_sweep(folder, is_running=False)


def test_a_copy_records_the_step_of_the_state_that_it_continues(population: SweepFolder) -> None:
    assert read_status(population.trial("0002")).copied_from == CopiedFrom("0000", 1, 2)
    assert read_status(population.trial("0003")).copied_from == CopiedFrom("0002", 2, 4)


def test_finalists_are_chains_of_configs(population: SweepFolder) -> None:
    state = state_of(population)
    longest, shorter, base = finalists_of(state, CONFIRM)
    assert (longest.name, shorter.name, base.name) == ("0003", "0002", "0000")
    assert base.is_base
    assert longest.fingerprint == chain_fingerprint(state.chains.segments("0003"))
    assert len({item.fingerprint for item in (longest, shorter, base)}) == 3


def test_the_training_of_the_search_counts_where_it_finished_the_chain(population: SweepFolder) -> None:
    state = state_of(population)
    longest, shorter, base = finalists_of(state, CONFIRM)
    seeds = seeds_of(state.spec, CONFIRM)
    assert [run.id for run in runs_of(longest, state, seeds).values()] == ["0003"]
    assert runs_of(shorter, state, seeds) == {}  # it was replaced
    assert [run.id for run in runs_of(base, state, seeds).values()] == ["0000"]


def test_a_chain_is_trained_again_from_its_own_folder(population: SweepFolder) -> None:
    before = {name: load_config(population.trial(name).config) for name in ("0000", "0002", "0003")}
    trials = ConfirmationTrials(manager_of(population), CONFIRM)
    assert [trials.next_trial() for _ in range(5)] == ["0004", "0005", "0006", "0007", None]
    made = {name: read_status(population.trial(name)) for name in ("0004", "0005", "0006", "0007")}
    assert [
        (status.seed, [(item.step, item.trial) for item in status.segments]) for status in made.values()
    ] == [
        (5, [(0, "0000"), (2, "0002")]),
        (6, [(0, "0000"), (2, "0002"), (4, "0003")]),
        (6, [(0, "0000"), (2, "0002")]),
        (6, []),
    ]
    assert {(status.step, status.first_evaluation) for status in made.values()} == {(0, 1)}
    again = population.trial("0005")
    for name in before:
        shutil.rmtree(population.trial(name).path)
    assert load_config(again.segment_config(0)) == before["0000"]
    assert load_config(again.segment_config(1)) == before["0002"]
    assert load_config(again.config) == before["0003"]
    assert not again.segment_config(2).exists()
    assert not population.trial("0007").segment_config(0).exists()
    state = state_of(population)
    assert len(state.chains.segments("0005")) == 3
    assert origin_text(state.trial("0005")) == "confirmed seed 6, 3 configs in turn"


def test_a_chain_is_trained_again_in_each_fold(population: SweepFolder) -> None:
    spec = ConfirmSpec(top=1, seeds=1, folds=2)
    trials = ConfirmationTrials(manager_of(population), spec)
    made = [read_status(population.trial(str(trials.next_trial()))) for _ in range(4)]
    assert [(status.fold and status.fold.number, len(status.segments)) for status in made] == [
        (1, 3), (1, 0), (2, 3), (2, 0),
    ]  # fmt: skip
    assert origin_text(state_of(population).trial("0004")) == "confirmed seed 5, fold 1 of 2, 3 configs in turn"
    assert missing_runs(state_of(population), spec) == ()


def test_the_best_of_a_chain_is_an_evaluation_of_its_last_config(population: SweepFolder, live: Live) -> None:
    """So the config beside the weights is theirs, and seeds compare with the search's own training."""
    trials = ConfirmationTrials(manager_of(population), CONFIRM)
    for _ in range(4):
        trial_id = str(trials.next_trial())
        live(population, trial_id, [0.9, 0.5, 0.4], TrialState.FINISHED)
        trials.close(trial_id)
    state = state_of(population)
    best = {name: state.trial(name).best for name in ("0004", "0005", "0006", "0007")}
    assert {name: item and item.evaluation for name, item in best.items()} == {
        "0004": 2,
        "0005": 3,
        "0006": 2,
        "0007": 1,
    }


def test_the_record_and_the_report_state_the_chain(population: SweepFolder) -> None:
    state = state_of(population)
    write_outcome(state)
    content = json.loads(population.winner.read_text())
    assert content["trial"] == "0003"
    assert [(item["step"], item["trial"]) for item in content["segments"]] == [
        (0, "0000"),
        (2, "0002"),
        (4, "0003"),
    ]
    assert content["segments"][2]["parameters"] == content["parameters"]
    report = population.report.read_text()
    assert "Its config changed in training" in report
    assert "| 4 | 0003 |" in report


def test_the_model_card_says_how_a_chain_was_trained(population: SweepFolder, live: Live) -> None:
    write_outcome(state_of(population))
    _, extras = export_source(population.path)
    assert extras.origin is not None
    continued = ", continued from evaluation 2 of trial 0002, continued from evaluation 1 of trial 0000"
    assert extras.origin.endswith(continued)
    trials = ConfirmationTrials(manager_of(population), CONFIRM)
    assert [trials.next_trial() for _ in range(2)] == ["0004", "0005"]
    live(population, "0005", [0.2, 0.3, 0.7], TrialState.FINISHED)
    trials.close("0005")
    chosen = {"trial": "0005", "validation": {"mean": 0.65}}
    confirmation = {**CONFIRM.model_dump(), "searched": 4}
    write_json(population.winner, {**chosen, "confirmation": confirmation})
    _, extras = export_source(population.path)
    assert extras.origin is not None
    assert extras.origin.endswith(
        ", trained under the config of trial 0000, from step 2 of trial 0002, from step 4 of trial 0003"
    )


def test_a_chain_with_a_missing_beginning_is_not_confirmed(population: SweepFolder) -> None:
    shutil.rmtree(population.trial("0002").path)
    with pytest.raises(SweepError, match=r"trial 0003 continues trial 0002, .* delete trials/0003"):
        finalists_of(state_of(population), CONFIRM)
    write_outcome(state_of(population))
    assert json.loads(population.winner.read_text())["segments"] == []
