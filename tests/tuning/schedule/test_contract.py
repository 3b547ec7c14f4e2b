"""Every rule of the table, and toys that pause and promote, pass the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.schedule import table
from sweepbox.tuning.schedule.rule import Action, Actions, Event, Plan
from sweepbox.tuning.schedule.simulator import Curve
from sweepbox.tuning.schedule.table import RULES, RuleKind, build_rule, with_rule_options
from sweepbox.tuning.spec.schema import SchedulerSpec
from tests.tuning.schedule import contract
from tests.tuning.schedule.strategies import DRAWS, curves, events
from tests.tuning.schedule.toy_rules import TOYS, ToyOptions

KINDS = {**RULES, **TOYS}
every_rule = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
PLAN = Plan(trials=5, max_evaluations=9)
few = settings(max_examples=15, deadline=None)


@every_rule
@few
@given(curves=curves(), workers=st.sampled_from([1, 2, 3, 7]))
def test_every_trial_ends(kind: RuleKind[Any], curves: Sequence[Curve], workers: int) -> None:
    contract.check_every_trial_ends(kind, curves, workers=workers)


@every_rule
@few
@given(curves=curves(), workers=st.sampled_from([1, 2, 7]))
def test_a_protected_trial_always_finishes(kind: RuleKind[Any], curves: Sequence[Curve], workers: int) -> None:
    contract.check_every_trial_ends(kind, curves, workers=workers, protected=["0000"])


@st.composite
def failures(draw: st.DrawFn, trials: Sequence[Curve]) -> frozenset[tuple[str, int]]:
    failing = draw(st.lists(st.sampled_from([curve.trial for curve in trials]), max_size=2, unique=True))
    return frozenset((trial, draw(st.integers(0, 4))) for trial in failing)


@every_rule
@few
@given(data=st.data(), curves=curves(), workers=st.sampled_from([1, 2, 4]), draws=DRAWS)
def test_decisions_are_legal(
    kind: RuleKind[Any], data: st.DataObject, curves: Sequence[Curve], workers: int, draws: Sequence[int]
) -> None:
    run = contract.Interleaving(
        contract.rule_for(kind, curves), curves, workers, draws, data.draw(failures(curves))
    )
    contract.check_decisions_are_legal(run)


@every_rule
@few
@given(
    data=st.data(),
    curves=curves(most=6),
    workers=st.sampled_from([1, 2, 4]),
    draws=DRAWS,
    protected=st.sampled_from([(), ("0000",)]),
)
def test_a_rule_is_rebuilt_from_the_records_at_every_moment(
    *,
    kind: RuleKind[Any],
    data: st.DataObject,
    curves: Sequence[Curve],
    workers: int,
    draws: Sequence[int],
    protected: Sequence[str],
) -> None:
    rule = contract.rule_for(kind, curves, protected=protected)
    run = contract.Interleaving(rule, curves, workers, draws, data.draw(failures(curves)))
    contract.check_restart_at_every_moment(run)


@every_rule
@few
@given(events=events())
def test_events_in_any_order_are_accepted(kind: RuleKind[Any], events: Sequence[Event]) -> None:
    contract.check_any_order_is_accepted(kind.build(kind.options(), PLAN), events)


@every_rule
def test_the_defaults_are_written_out(kind: RuleKind[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "RULES", {"it": kind})
    full = with_rule_options(SchedulerSpec(type="it"))
    assert set(full.options) == set(kind.options.model_fields)
    assert with_rule_options(full) == full


@every_rule
def test_a_bad_setting_is_named_with_its_value_and_the_remedy(
    kind: RuleKind[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "RULES", {"it": kind})
    cases = [*_bad_values(kind.options)]
    if kind.options.model_config.get("extra") != "ignore":
        cases.append(("no_such_setting", 1, "unknown key; "))
    for key, value, message in cases:
        with pytest.raises(SweepError, match=rf"^scheduler\.{key}: .*{message}"):
            build_rule(SchedulerSpec(type="it", **{key: value}), PLAN)


OUTSIDE = {"ge": -1, "gt": 0, "le": 1, "lt": 0}
"""What, added to a bound, is outside it."""


def _bad_values(model: type[BaseModel]) -> list[tuple[str, Any, str]]:
    cases: list[tuple[str, Any, str]] = []
    for key, about in model.model_fields.items():
        cases.append((key, {"a": []}, "should be"))
        for name, step in OUTSIDE.items():
            bounds = [getattr(bound, name) for bound in about.metadata if hasattr(bound, name)]
            cases += [(key, bound + step, rf"\(got {bound + step}\)") for bound in bounds]
    return cases


@dataclass(frozen=True)
class Forgetful:
    """Breaks the contract: notes trials in a list that its states share."""

    options: ToyOptions
    plan: Plan

    def initial_state(self) -> list[Event]:
        return []

    def decide(self, state: list[Event], event: Event) -> tuple[list[Event], Actions]:
        state.append(event)
        return state, {}


@dataclass(frozen=True)
class Deadly:
    """Breaks the contract: stops a trial that may be running."""

    options: ToyOptions
    plan: Plan

    def initial_state(self) -> None:
        return None

    def decide(self, state: None, event: Event) -> tuple[None, Actions]:
        return None, {"0000": Action.STOP}


def test_the_contract_refuses_what_breaks_it() -> None:
    two = [Curve("0000", (0.1, 0.2), (1.0, 1.0)), Curve("0001", (0.3, 0.4), (1.0, 1.0))]
    with pytest.raises(AssertionError, match="never modified"):
        contract.check_every_trial_ends(RuleKind(ToyOptions, Forgetful), two, workers=1)
    run = contract.Interleaving(Deadly(ToyOptions(), PLAN), two, 2, [1])
    with pytest.raises(AssertionError, match="0000, which is not paused"):
        contract.check_decisions_are_legal(run)
