"""The share of a machine that one trial takes."""

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import shortened
from sweepbox.tuning.spec.model import SpecModel
from sweepbox.tuning.spec.sizes import format_size, parse_size

AUTO = "auto"
LEAST_SHARE = 0.01
"""The least share of a CPU or GPU that a trial may ask for."""


class Resources(SpecModel):
    """The resources of one trial; a fraction of a GPU shares it between trials.

    Attributes:
        cpu: The CPUs, which also are the threads of its process.
        gpu: The share of a GPU, which also limits the GPU memory that it may take.
        memory: Host memory such as `4GB`: the trial runs where so much is left to other trials' shares.
        auto: The sweep measures what its trials take and sets the other keys by it. In a sweep file
            `resources_per_trial: auto` is enough.

    Example:
        >>> sb.Resources(cpu=4, gpu=0.5).gpu
        0.5
    """

    cpu: float = Field(default=1, gt=0)
    gpu: float = Field(default=0, ge=0)
    memory: str | None = None
    auto: bool = False

    @property
    def memory_bytes(self) -> int | None:
        """The host memory in bytes; None where none is reserved."""
        return None if self.memory is None else parse_size(self.memory)

    @property
    def least(self) -> "Resources":
        """What a trial takes at least: where it is measured, a CPU."""
        return Resources() if self.auto else self

    @property
    def text(self) -> str:
        """The resources in words."""
        gpu = f"{self.gpu:g} GPU" if self.gpu else ""
        memory = f"{format_size(self.memory_bytes or 0)} of memory" if self.memory else ""
        return ", ".join(filter(None, (f"{self.cpu:g} CPU", gpu, memory)))

    @property
    def for_ray(self) -> dict[str, float]:
        """The resources by Ray's names; those of which the trial needs nothing are left out."""
        wanted = {"CPU": self.cpu, "GPU": self.gpu, "memory": float(self.memory_bytes or 0)}
        return {name: amount for name, amount in wanted.items() if amount}

    @property
    def options_for_ray(self) -> dict[str, float]:
        """The same as options of `ray.remote`."""
        options = {"num_cpus": self.cpu, "num_gpus": self.gpu}
        return options if self.memory is None else {**options, "memory": float(self.memory_bytes or 0)}

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        """Read `auto` alone."""
        if not isinstance(given, str):
            return given
        if given != AUTO:
            raise ValueError(f"{shortened(given)!r}: write `{AUTO}`, or keys such as {{cpu: 4, gpu: 0.5}}")
        return {"auto": True}

    @field_validator("memory")
    @classmethod
    def _is_size(cls, text: str | None) -> str | None:
        try:
            if text is not None:
                parse_size(text)
        except SweepError as error:
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="after")
    def _schedulable(self) -> Self:
        if self.cpu > 1 and self.cpu != int(self.cpu):
            raise ValueError(f"cpu {self.cpu} must be a whole number or below 1")
        for name, share in (("cpu", self.cpu), ("gpu", self.gpu)):
            if 0 < share < LEAST_SHARE:
                raise ValueError(f"{name} {share:g} is less than can be shared; give at least {LEAST_SHARE:g}")
        if self.gpu > 1:
            raise ValueError(f"gpu {self.gpu:g} is not supported: a trial uses one GPU; give 1 or a fraction")
        return self
