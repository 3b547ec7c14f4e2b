"""The samplers that a sweep file can name."""

import difflib
from typing import Any

from pydantic import ValidationError

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.samplers.random import Random
from sweepbox.tuning.search.samplers.sampler import Sampler
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.spec.problems import problem_lines
from sweepbox.tuning.spec.schema import SamplerSpec

SAMPLERS: dict[str, type[Sampler]] = {
    "random": Random,
    "tpe": TPE,
}
"""Each sampler by its `type` in a sweep file."""


def sampler_of(spec: SamplerSpec) -> Sampler:
    """Return the sampler that a sweep file asks for.

    SweepError lists what is wrong with its name and options, one line each.
    """
    if spec.type not in SAMPLERS:
        near = difflib.get_close_matches(spec.type, SAMPLERS, n=1, cutoff=0.5)
        remedy = f"did you mean {near[0]!r}?" if near else f"give one of {', '.join(sorted(SAMPLERS))}"
        raise SweepError(f"sampler.type: unknown sampler {spec.type!r}; {remedy}")
    model: Any = SAMPLERS[spec.type]
    try:
        sampler: Sampler = model.model_validate(spec.options)
    except ValidationError as error:
        raise SweepError("\n".join(problem_lines(error, model, prefix="sampler."))) from error
    return sampler


def with_all_options(spec: SamplerSpec) -> SamplerSpec:
    """Return a sampler's entry in a sweep file with the options that are not given, too."""
    return SamplerSpec(type=spec.type, **sampler_of(spec).model_dump())
