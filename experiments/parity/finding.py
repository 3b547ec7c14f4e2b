"""One comparison with the oracle: its name, the largest difference, and the tolerance."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Finding:
    """One row of the report: the largest `difference`, in the unit that `measure` names.

    NaN fails, and so does any value above `tolerance`. `is_context` marks a row that helps to interpret the
    others, such as the oracle's sensitivity to small changes; it neither passes nor fails.
    """

    item: int
    name: str
    difference: float
    tolerance: float
    measure: str = "relative"
    note: str = ""
    is_context: bool = False

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance, or the row is context."""
        return self.is_context or self.difference <= self.tolerance

    @property
    def verdict(self) -> str:
        """The verdict as shown in tables."""
        return "for comparison" if self.is_context else ("pass" if self.passed else "FAIL")

    @classmethod
    def exact(cls, *, item: int, name: str, equal: bool, note: str = "") -> "Finding":
        """Return the finding of a comparison that requires equality."""
        return cls(item, name, 0.0 if equal else 1.0, 0.0, "exact match", note)

    @classmethod
    def count(cls, *, item: int, name: str, differing: int, note: str = "") -> "Finding":
        """Return the finding of a list in which `differing` entries are wrong; none may be."""
        return cls(item, name, float(differing), 0.0, "differing entries", note)

    @classmethod
    def broken(cls, *, item: int, name: str, reason: str) -> "Finding":
        """Return the finding of a comparison that failed to run."""
        return cls(item, name, math.nan, 0.0, "none", reason)


def largest_relative(ours: Any, theirs: Any, *, floor: float = 0.0) -> float:
    """Return the largest |ours - theirs| / max(|theirs|, floor) over all elements; NaN where shapes differ."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        return math.nan
    differences = np.abs(ours - theirs)
    scale = np.maximum(np.abs(theirs), floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(differences == 0.0, 0.0, differences / scale)
    return float(ratios.max(initial=0.0))


def largest_absolute(ours: Any, theirs: Any) -> float:
    """Return the largest |ours - theirs| over all elements; NaN where shapes differ."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        return math.nan
    return float(np.abs(ours - theirs).max(initial=0.0))


def relative_to_largest(ours: Any, theirs: Any) -> float:
    """Return max |ours - theirs| / max |theirs|, for outputs whose small elements are not significant."""
    scale = float(np.abs(np.asarray(theirs, np.float64)).max(initial=0.0))
    return largest_absolute(ours, theirs) / (scale or 1.0)
