"""Which parameters of a space a sampler does not model."""

from sweepbox.tuning.search.samplers.table import sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SamplerSpec


def drawn_at_random(spec: SamplerSpec, space: Space) -> str | None:
    """Return a line that names the parameters which a sampler draws at random; None where it models all."""
    sampler = sampler_of(spec)
    modelled = sampler.modelled(space)
    rest = [parameter.name for parameter in space.parameters() if parameter.name not in modelled]
    return f"drawn at random: {', '.join(rest)} ({spec.type} models {sampler.models})" if rest else None


def models_half(spec: SamplerSpec, space: Space) -> bool:
    """Return whether a sampler models at least half of the parameters."""
    return 2 * len(sampler_of(spec).modelled(space)) >= len(space.parameters())
