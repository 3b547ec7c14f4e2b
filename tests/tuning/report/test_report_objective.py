"""What people and programs read of several goals, constraints, redraws, and where trials come from."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pyarrow import parquet

from sweepbox.tuning.monitor.terminal import sweep_summary
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.latency import LatencyRecord, write_latency
from sweepbox.tuning.storage.trial_record import (
    CopiedFrom,
    Origin,
    TrialState,
    read_evaluations,
    read_status,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
POINTS = {"0000": (0.5, 100.0), "0001": (0.7, 300.0), "0002": (0.4, 200.0)}
"""mAP and parameters of three trials; the last is dominated by the first."""
CONSTRAINT = {"constraints": ["AP@.50/with_mask >= 0.6"]}


@pytest.fixture
def folder(sweep: Begin, live: Live) -> Callable[..., SweepFolder]:
    """Return a function that makes a sweep whose three trials have `POINTS`; the first is the base config."""

    def make(statuses: Mapping[str, Mapping[str, Any]] | None = None, **objective: Any) -> SweepFolder:
        made = sweep(objective={"metric": ["mAP", "parameters"], **objective})
        manager = TrialManager(made, load_spec(made.spec))
        for name, (value, parameters) in POINTS.items():
            manager.next_trial()
            trial = made.trial(name)
            live(made, name, [value], TrialState.FINISHED)
            write_evaluations(
                trial,
                [
                    replace(item, metrics={**item.metrics, "parameters": parameters})
                    for item in read_evaluations(trial)
                ],
            )
            changes = {"origin": Origin.BASE} if name == "0000" else {}
            write_status(trial, replace(read_status(trial), **changes, **(statuses or {}).get(name, {})))
        write_outcome(load_sweep(made.path))
        return made

    return make


def test_the_front_is_shown_everywhere(folder: Callable[..., SweepFolder]) -> None:
    made = folder()
    state = load_sweep(made.path)
    assert [point["trial"] for point in state.to_json()["front"]] == ["0001", "0000"]
    assert [point["trial"] for point in json.loads(made.winner.read_text())["front"]] == ["0001", "0000"]
    text = "Pareto front: 0001 (mAP 0.7, parameters 300), 0000 (mAP 0.5, parameters 100)"
    assert sweep_summary(state).endswith(text)
    report = made.report.read_text()
    assert "| trial | evaluation | mAP | parameters | settings |" in report
    assert "\n| 0001 | 1 | 0.7 | 300 | " in report
    assert report.index("\n| 0001 | 1 | 0.7") < report.index("\n| 0000 | 1 | 0.5")
    assert "\n| 0002 | 1 | 0.4" not in report
    assert "Against the base config (trial 0000): mAP 0.5 → 0.7 (+0.2), parameters 100 → 300 (+200)." in report


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (CONSTRAINT, "\n| AP@.50/with_mask \\>= 0.6 | 0.7 | yes |"),
        (CONSTRAINT, "(trial 0000; it does not meet AP@.50/with_mask \\>= 0.6): mAP 0.5 → 0.7"),
        ({"constraints": ["mAP >= 0.9"]}, "\n| mAP \\>= 0.9 | 0.7 | no |"),
        ({"constraints": ["mAP >= 0.9"]}, "It is empty: no checkpoint meets all constraints."),
        ({"metric": "parameters"}, "The winner is the base config: no trial is better."),
    ],
)
def test_the_report_states_constraints_and_the_base(
    folder: Callable[..., SweepFolder], objective: dict[str, Any], expected: str
) -> None:
    assert expected in folder(**objective).report.read_text()


def test_one_goal_has_no_front(folder: Callable[..., SweepFolder]) -> None:
    made = folder(metric="mAP")
    assert "Pareto" not in made.report.read_text() + sweep_summary(load_sweep(made.path))
    assert json.loads(made.winner.read_text())["front"] == []


def test_an_empty_front_leaves_the_best_in_the_summary(folder: Callable[..., SweepFolder]) -> None:
    state = load_sweep(folder(constraints=["mAP >= 0.9"]).path)
    assert sweep_summary(state).endswith("best mAP 0.7000 (trial 0001, constraints not met)")


def test_redraws_and_origins_are_told(folder: Callable[..., SweepFolder]) -> None:
    copied = {"origin": Origin.COPIED, "copied_from": CopiedFrom("0001", 0)}
    made = folder({"0001": {"redraws": 3}, "0002": {"redraws": 100, **copied}})
    report = made.report.read_text()
    assert "103 suggestions for 2 trials did not meet the requirements and were redrawn; 1 of" in report
    for name, origin in [("0000", "base"), ("0001", "sampled"), ("0002", "copied from 0001, evaluation 0")]:
        assert f"\n| {name} | {origin} | finished |" in report
    table = parquet.read_table(made.results)
    assert table.column("origin").to_pylist() == ["base", "sampled", "copied"]
    assert table.column("copied_from").to_pylist() == ["", "", "0001:0"]
    told = load_sweep(made.path).to_json()["trials"]
    assert [(trial["origin"], trial["redraws"]) for trial in told] == [
        ("base", 0),
        ("sampled", 3),
        ("copied", 100),
    ]


def test_the_report_says_which_latencies_were_measured_on_a_busy_device(
    folder: Callable[..., SweepFolder],
) -> None:
    made = folder()
    assert "Latencies" not in made.report.read_text()
    for number, is_idle in enumerate([True, False]):
        write_latency(made.latency / f"{number}.json", LatencyRecord(4.0, is_idle, "a processor"))
    write_outcome(load_sweep(made.path))
    expected = "measured on a processor; 1 of 2 while trials ran, which makes them longer."
    assert expected in made.report.read_text()
