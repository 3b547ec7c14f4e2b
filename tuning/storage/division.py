"""The division of a sweep's images into folds, which its trials share: `folds/K-folds-seed-N.json`."""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.data.held_out import HeldOut
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record
from sweepbox.tuning.storage.trial_record import Fold

Numbers = tuple[Annotated[int, Field(ge=1)], ...]


@dataclass(frozen=True)
class Division:
    """The fold, from 1, of every record of training and validation part, in the order of their files."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    folds: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)]
    train: Numbers
    validation: Numbers

    def held_out(self, number: int) -> HeldOut:
        """Return the records of a fold, which is validated on."""
        return HeldOut(_places(self.train, number), _places(self.validation, number))


def write_division(folder: SweepFolder, division: Division) -> None:
    """Write a division, atomically."""
    path = folder.division(division.folds, division.seed)
    path.parent.mkdir(exist_ok=True)
    write_json(path, asdict(division))


def held_out_of(folder: SweepFolder, fold: Fold, seed: int) -> HeldOut:
    """Return the records that a trial of this fold and seed validates on.

    SweepError where the division is missing or damaged.
    """
    path = folder.division(fold.count, seed)
    remedy = "restore it, or delete it and resume the sweep, which writes it again"
    division = read_record(Division, path, remedy=remedy)
    if (division.folds, division.seed) != (fold.count, seed) or fold.number > fold.count:
        raise SweepError(f"{path}: has no {fold} of seed {seed}; {remedy}")
    return division.held_out(fold.number)


def _places(folds: Numbers, number: int) -> tuple[int, ...]:
    return tuple(place for place, fold in enumerate(folds) if fold == number)
