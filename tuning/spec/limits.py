"""The parts of a sweep file that end a sweep: the price of GPUs, and the rule on too little gain."""

from pydantic import ConfigDict, Field

from sweepbox.tuning.spec.model import SpecModel


class CostSpec(SpecModel):
    """The price of one GPU-hour, in any currency, and the most that all trials together may cost.

    Example:
        >>> sb.CostSpec(per_gpu_hour=2.5, limit=40).limit
        40.0
    """

    per_gpu_hour: float = Field(gt=0)
    limit: float | None = Field(default=None, gt=0)


class StopSpec(SpecModel):
    """Ends the sweep where its last trials gained too little.

    Attributes:
        gain_below: The sweep ends where the best score rose by less than this.
        window: Over how many ended trials, the last ones; `for` in a sweep file.
        after: How many trials must have ended before that.

    Example:
        >>> sb.StopSpec(gain_below=0.002, window=8).after
        16
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    gain_below: float = Field(gt=0)
    window: int = Field(default=8, ge=1, alias="for")
    after: int = Field(default=16, ge=2)
