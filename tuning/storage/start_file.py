"""`start.json`: the trials with which a sweep starts, and what is known from earlier sweeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.json_text import read_json
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.folder import SweepFolder


@dataclass(frozen=True)
class Start:
    """How a sweep starts: with a trial of the base config, then given points, then suggestions.

    Attributes:
        points: The settings of each given trial, by the keys of a sweep file.
        earlier: Ended trials of earlier sweeps that the sampler knows.
    """

    points: tuple[Mapping[str, Scalar], ...] = ()
    earlier: tuple[Observation, ...] = ()


def write_start(folder: SweepFolder, start: Start) -> None:
    """Write `start.json`, atomically."""
    write_json(
        folder.start,
        {
            "points": [dict(point) for point in start.points],
            "earlier": [asdict(item) for item in start.earlier],
        },
    )


def read_start(folder: SweepFolder) -> Start | None:
    """Return how a sweep starts, None for one of a format that starts with suggestions.

    SweepError if the file is damaged.
    """
    if not folder.start.is_file():
        return None
    try:
        given: dict[str, Any] = read_json(folder.start)
        earlier = tuple(_observation(fields) for fields in given["earlier"])
        return Start(tuple(dict(point) for point in given["points"]), earlier)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SweepError(f"{folder.start}: damaged ({error}); restore it from a copy of the folder") from error


def _observation(fields: Mapping[str, Any]) -> Observation:
    return Observation(
        **{
            **fields,
            "state": ObservedState(fields["state"]),
            "scores": tuple(fields["scores"]),
            "intermediate": {int(key): float(value) for key, value in fields["intermediate"].items()},
        }
    )
