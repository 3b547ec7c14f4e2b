"""The part of a sweep file on confirming the winner: how many configs, and how many seeds."""

import re

from pydantic import Field

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.model import SpecModel

MOST = 100
_FORM = re.compile(r"(\d{1,3})x(\d{1,3})", re.ASCII)


class ConfirmSpec(SpecModel):
    """Trains the best configs and the base config again with several seeds, and chooses the winner among them.

    Attributes:
        top: How many of the search's configs are finalists, beside the base config.
        seeds: With how many seeds each finalist is trained; the search's own run counts where it was trained in
            full.

    Example:
        >>> sb.ConfirmSpec(top=2, seeds=3).seeds
        3
    """

    top: int = Field(default=3, ge=1, le=MOST)
    seeds: int = Field(default=3, ge=1, le=MOST)

    @classmethod
    def parse(cls, text: str) -> "ConfirmSpec":
        """Return what a text such as `3x2` means, three configs with two seeds; SweepError for another form."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise SweepError(f"--confirm {text}: give TOPxSEEDS, such as 3x2 for 3 configs with 2 seeds each")
        return cls(top=int(match[1]), seeds=int(match[2]))
