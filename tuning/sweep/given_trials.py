"""The trials with which a sweep starts: its base config, then the points that it was given."""

from dataclasses import dataclass

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.storage.start_file import Start
from sweepbox.tuning.storage.trial_record import Origin
from sweepbox.tuning.sweep.start_from import point_edits


@dataclass(frozen=True)
class GivenTrial:
    """A trial that no sampler suggests: its edits of the base config, and why it exists."""

    edits: tuple[Edit, ...]
    origin: Origin


def given_trials(start: Start | None, space: Space) -> tuple[GivenTrial, ...]:
    """Return the first trials of a sweep in their order; none where it starts with suggestions."""
    if start is None:
        return ()
    points = (GivenTrial(point_edits(point, space), Origin.POINT) for point in start.points)
    return (GivenTrial((), Origin.BASE), *points)
