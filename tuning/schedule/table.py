"""The table of stopping rules: the names that a sweep file may give, and what each takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.schedule.asha import Asha, AshaOptions
from sweepbox.tuning.schedule.curves import Curves, CurvesOptions
from sweepbox.tuning.schedule.hyperband import HyperBand, HyperBandOptions
from sweepbox.tuning.schedule.median import Median, MedianOptions
from sweepbox.tuning.schedule.none import NoOptions, NoStopping
from sweepbox.tuning.schedule.pbt import PbtOptions, PopulationBasedTraining
from sweepbox.tuning.schedule.rule import Plan, StoppingRule
from sweepbox.tuning.schedule.top_k import TopK, TopKOptions
from sweepbox.tuning.spec.problems import unknown_type, validated
from sweepbox.tuning.spec.schema import SchedulerSpec, SpecModel

Options = TypeVar("Options", bound=SpecModel)


@dataclass(frozen=True)
class RuleKind(Generic[Options]):
    """A rule's options, which are its keys in a sweep file, and how the rule is built.

    `copies` says whether it orders copies of trials, which need one program for all.
    """

    options: type[Options]
    build: Callable[[Options, Plan], StoppingRule[Any]]
    copies: bool = False


RULES: Mapping[str, RuleKind[Any]] = {
    "asha": RuleKind(AshaOptions, Asha),
    "curves": RuleKind(CurvesOptions, Curves),
    "hyperband": RuleKind(HyperBandOptions, HyperBand),
    "median": RuleKind(MedianOptions, Median),
    "none": RuleKind(NoOptions, NoStopping),
    "pbt": RuleKind(PbtOptions, PopulationBasedTraining, copies=True),
    "top_k": RuleKind(TopKOptions, TopK),
}
"""Each rule by its `type` in a sweep file."""


def build_rule(spec: SchedulerSpec, plan: Plan) -> StoppingRule[Any]:
    """Return the rule that a sweep file asks for; SweepError lists what is wrong with its name and options."""
    return _kind_of(spec).build(_options_of(spec), plan)


def with_rule_options(spec: SchedulerSpec) -> SchedulerSpec:
    """Return a rule's entry in a sweep file with the options that are not given, too; SweepError as above."""
    return SchedulerSpec(type=spec.type, **_options_of(spec).model_dump())


def orders_copies(spec: SchedulerSpec) -> bool:
    """Return whether the rule that a sweep file asks for orders copies of trials."""
    return spec.type in RULES and RULES[spec.type].copies


def _options_of(spec: SchedulerSpec) -> SpecModel:
    model: type[SpecModel] = _kind_of(spec).options
    return validated(model, spec.options, prefix="scheduler.")


def _kind_of(spec: SchedulerSpec) -> RuleKind[Any]:
    if spec.type in RULES:
        return RULES[spec.type]
    raise SweepError(unknown_type("scheduler", "stopping rule", spec.type, RULES))
