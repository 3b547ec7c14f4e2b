"""Limits on what a sweep may use, and what it has used of them."""

from dataclasses import dataclass

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.schema import SweepSpec

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Amount:
    """What trials take.

    Attributes:
        trials: How many they are.
        trial_hours: The hours of all of them together.
        gpu_hours: The same, times the share of a GPU that each holds. Idle GPUs are not counted.
        cost: Their money, in the unit of the price; None without a price.
    """

    trials: int
    trial_hours: float
    gpu_hours: float
    cost: float | None = None


@dataclass(frozen=True)
class Limits:
    """The limits of a sweep; None where there is none.

    Attributes:
        trials: The number of trials.
        gpu_hours: The GPU-hours of all trials together, over all sessions.
        price: The money for one GPU-hour.
        cost: The money for all trials together, over all sessions.
    """

    trials: int
    gpu_hours: float | None = None
    price: float | None = None
    cost: float | None = None

    @classmethod
    def of(cls, spec: SweepSpec) -> "Limits":
        """Return the limits of a sweep file."""
        price, cost = (None, None) if spec.cost is None else (spec.cost.per_gpu_hour, spec.cost.limit)
        return cls(spec.trials, spec.gpu_hours, price, cost)

    @property
    def limits_amount(self) -> bool:
        """Whether what the trials take is limited, beside their number."""
        return self.gpu_hours is not None or self.cost is not None

    def amount(self, *, trials: int, trial_s: float, gpu_s: float) -> Amount:
        """Return what trials take that run `trial_s` seconds in all and hold GPUs for `gpu_s` seconds."""
        gpu_hours = gpu_s / SECONDS_PER_HOUR
        cost = None if self.price is None else gpu_hours * self.price
        return Amount(trials, trial_s / SECONDS_PER_HOUR, gpu_hours, cost)

    def reached_by(self, spent: Amount) -> str | None:
        """Return the limit that is used up, in words; None while there is none."""
        if self.gpu_hours is not None and spent.gpu_hours >= self.gpu_hours:
            return f"limit of {self.gpu_hours:g} GPU-hours"
        if self.cost is not None and spent.cost is not None and spent.cost >= self.cost:
            return f"cost limit of {self.cost:g}"
        return None


def check_limits(spec: SweepSpec) -> None:
    """Raise SweepError, with a line for each, where limits on GPUs stand beside trials that use none."""
    share = spec.resources_per_trial
    if share.gpu > 0 or share.auto:
        return
    given = {"gpu_hours": spec.gpu_hours, "cost.limit": None if spec.cost is None else spec.cost.limit}
    lines = [
        f"{key}: {limit:g} limits nothing, as trials use no GPU (resources_per_trial.gpu is 0); remove it, or "
        "use time_budget"
        for key, limit in given.items()
        if limit is not None
    ]
    if lines:
        raise SweepError("\n".join(lines))
