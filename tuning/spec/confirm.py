"""The part of a sweep file on confirming the winner: how many configs, seeds and folds."""

import re

from pydantic import Field

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.model import SpecModel

MOST = 100
SEEDS = 2**63
_FORM = re.compile(r"(\d{1,3})x(\d{1,3})(?:x(\d{1,3}))?", re.ASCII)


class ConfirmSpec(SpecModel):
    """Trains the best configs and the base config again with several seeds, and chooses the winner among them.

    Attributes:
        top: How many of the search's configs are finalists, beside the base config.
        seeds: With how many seeds each finalist is trained; the search's own run counts where it was trained in
            full.
        folds: With so many folds each finalist is also cross-validated on the training and the validation part,
            once for each seed, and chosen by that; None for no cross-validation.

    Example:
        >>> sb.ConfirmSpec(top=2, seeds=3).seeds
        3
    """

    top: int = Field(default=3, ge=1, le=MOST)
    seeds: int = Field(default=3, ge=1, le=MOST)
    folds: int | None = Field(default=None, ge=2, le=MOST)

    @property
    def trainings(self) -> int:
        """The number of trainings of each finalist: one for each seed, and one for each of its folds."""
        return self.seeds * (1 + (self.folds or 0))

    def training_seeds(self, first: int) -> tuple[int, ...]:
        """Return the seeds of the trainings: that of the search, `first`, and the next ones."""
        return tuple((first + number) % SEEDS for number in range(self.seeds))

    @classmethod
    def parse(cls, text: str) -> "ConfirmSpec":
        """Return what a text such as `3x2` or `3x1x5` means: 3 configs with 2 seeds, or with 1 and 5 folds.

        SweepError for another form.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise SweepError(
                f"--confirm {text}: give TOPxSEEDS, such as 3x2 for 3 configs with 2 seeds each, or "
                "TOPxSEEDSxFOLDS, such as 3x1x5 for 3 configs with 1 seed and 5 folds"
            )
        return cls(top=int(match[1]), seeds=int(match[2]), folds=int(match[3]) if match[3] else None)
