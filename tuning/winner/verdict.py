"""The verdict on the chosen config against the base config."""

from enum import StrEnum

from sweepbox.tuning.winner.comparison import Comparison

SHOWN_BELOW = 0.02
"""Only data that could have shown a difference below this allow the verdict that there is none."""


class Verdict(StrEnum):
    """What a comparison with the base config says."""

    BETTER = "better"
    WORSE = "worse"
    NO_BETTER = "no better"
    INCONCLUSIVE = "inconclusive"


def verdict(comparison: Comparison) -> Verdict:
    """Return the verdict on the first candidate of a comparison; the second is the base config.

    A tie is "no better" only where the data could have shown a difference below 0.02; otherwise it is
    inconclusive.
    """
    if not comparison.is_tie:
        return Verdict.BETTER if comparison.difference > 0 else Verdict.WORSE
    return Verdict.NO_BETTER if comparison.smallest_difference < SHOWN_BELOW else Verdict.INCONCLUSIVE


def verdict_text(comparison: Comparison) -> str:
    """Return the verdict in words, with what it rests on."""
    low, high = comparison.interval.low, comparison.interval.high
    level = f"{comparison.interval.level:.0%}".replace("%", " %")
    evidence = f"difference {comparison.difference:+.3f}, {level} interval {low:+.3f} to {high:+.3f}"
    pictures = "1 picture" if comparison.images == 1 else f"{comparison.images:,} pictures"
    found = {
        Verdict.BETTER: "better than the base config",
        Verdict.WORSE: "worse than the base config",
        Verdict.NO_BETTER: "no better than the base config",
        Verdict.INCONCLUSIVE: f"inconclusive with {pictures}",
    }[verdict(comparison)]
    shown = f"; a difference below {comparison.smallest_difference:.3f} could hardly have been shown"
    return f"{found} ({evidence}{shown if comparison.is_tie else ''})"
