"""The samplers that a sweep file can name."""

from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.samplers.cmaes import CMAES
from sweepbox.tuning.search.samplers.gp import GP
from sweepbox.tuning.search.samplers.grid import Grid
from sweepbox.tuning.search.samplers.nsga2 import NSGA2
from sweepbox.tuning.search.samplers.qmc import QMC
from sweepbox.tuning.search.samplers.random import Random
from sweepbox.tuning.search.samplers.sampler import Sampler
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.spec.problems import unknown_type, validated
from sweepbox.tuning.spec.schema import SamplerSpec, SpecModel

SAMPLERS: dict[str, type[Sampler]] = {
    "cmaes": CMAES,
    "gp": GP,
    "grid": Grid,
    "nsga2": NSGA2,
    "qmc": QMC,
    "random": Random,
    "tpe": TPE,
}
"""Each sampler by its `type` in a sweep file."""


AUTO = "auto"
"""The `type` that is replaced by one of the table when a sweep is created (`auto.py`)."""


def sampler_of(spec: SamplerSpec) -> Sampler:
    """Return the sampler that a sweep file asks for.

    SweepError lists what is wrong with its name and options, one line each.
    """
    if spec.type not in SAMPLERS:
        raise SweepError(unknown_type("sampler", "sampler", spec.type, {*SAMPLERS, AUTO}))
    model: Any = SAMPLERS[spec.type]
    sampler: Sampler = validated(model, spec.options, prefix="sampler.")
    return sampler


def with_all_options(spec: SamplerSpec) -> SamplerSpec:
    """Return a sampler's entry in a sweep file with the options that are not given, too; `auto` has none."""
    if spec.type == AUTO:
        validated(SpecModel, spec.options, prefix="sampler.")
        return spec
    return SamplerSpec(type=spec.type, **sampler_of(spec).model_dump())
