"""Constraints of the objective: limits of other metrics, such as `AP@.50/rare >= 0.4`."""

import re
from dataclasses import dataclass

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.metric_names import own_name
from sweepbox.tuning.objective.goal import Metrics

_FORM = re.compile(
    r"\s*(?P<metric>.+?)\s*(?P<sign>>=|<=)\s*(?P<limit>[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*"
)
SMALLEST_SCALE = 1e-9


@dataclass(frozen=True)
class Constraint:
    """A least or a greatest value of a metric.

    Attributes:
        metric: The metric's name.
        limit: The value that it must reach or keep to.
        is_floor: Whether the limit is the least value; otherwise it is the greatest.
    """

    metric: str
    limit: float
    is_floor: bool = True

    @classmethod
    def parse(cls, text: str) -> "Constraint":
        """Return the constraint that `METRIC >= NUMBER` or `METRIC <= NUMBER` states; SweepError otherwise."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise SweepError(
                f"{text!r} is no constraint; write METRIC >= NUMBER or METRIC <= NUMBER, for instance "
                "'AP@.50/face >= 0.4'"
            )
        return cls(own_name(match["metric"]), float(match["limit"]), match["sign"] == ">=")

    def __str__(self) -> str:
        """Return the constraint as it is written in a sweep file."""
        return f"{self.metric} {'>=' if self.is_floor else '<='} {self.limit:g}"

    def slack(self, metrics: Metrics) -> float:
        """Return how far the metric is on the wrong side, over the limit's size; 0 or less where it is met.

        1 is a complete violation of a floor: the metric is 0, or could not be measured (-1). Above a ceiling a
        violation has no end.
        """
        value = metrics[self.metric]
        if self.is_floor and self.limit > 0:
            value = max(value, 0.0)
        lacking = self.limit - value if self.is_floor else value - self.limit
        return lacking / max(abs(self.limit), SMALLEST_SCALE)
