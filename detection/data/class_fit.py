"""Checks that the objects of records fit the label map: what is dropped, and whether enough is left."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dropped import OF_BOXES, Dropped, DropReason
from sweepbox.detection.data.similar_names import similar_name

_LISTED = 5


@dataclass(frozen=True)
class ClassFit:
    """The objects of a split of a data set, by class.

    Attributes:
        split: The name of the split in messages, such as "training records".
        label_map: The classes.
        kept: The number of objects that are used, by display name.
        dropped: The number of objects that are not.
    """

    split: str
    label_map: LabelMap
    kept: Mapping[str, int]
    dropped: Dropped

    def check(self) -> tuple[str, ...]:
        """Return lines about dropped objects and about classes without objects, if there are any.

        Raises:
            DataError: No object is left in the split, or none of a class because its objects have a similar
                name, a number that the label map lacks or an unusable box, or class numbers start at 0.
        """
        self._check_numbers()
        if not sum(self.kept.values()):
            reason = f": {self._reasons()}" if self.dropped else ""
            raise DataError(f"{self.split}: no object can be used{reason}; {self._remedy()}")
        for name in self.label_map.names:
            if not self.kept.get(name):
                self._check_lost(name)
        return self.notes()

    def notes(self) -> tuple[str, ...]:
        """Return what `check` returns, without a check."""
        notes = []
        if self.dropped:
            lost, kept = self.dropped.total(), sum(self.kept.values())
            notes.append(f"{self.split}: {lost} of {lost + kept} objects are dropped: {self._reasons()}")
        missing = [repr(name) for name in self.label_map.names if not self.kept.get(name)]
        if missing and self.dropped:
            notes.append(f"{self.split}: no object has the class {_listed(missing)}")
        return tuple(notes)

    def _check_numbers(self) -> None:
        """Raise DataError if classes are numbered from 0, so that all of them are shifted."""
        below = {name: count for name, count in self._of(DropReason.UNKNOWN_NUMBER).items() if int(name) < 1}
        if below:
            number, count = min(below.items(), key=lambda item: int(item[0]))
            raise DataError(
                f"{self.split}: {count} objects have the class number {number} and no class name, but numbers "
                f"start at 1; write the records with the ids of the label map ({self._classes()}) or with "
                "class names"
            )

    def _check_lost(self, name: str) -> None:
        """Raise DataError if the objects of a class are there, but are all dropped."""
        written = similar_name(name, self._of(DropReason.UNKNOWN_NAME))
        if written is not None:
            count = self.dropped[DropReason.UNKNOWN_NAME, written]
            raise DataError(
                f"{self.split}: no object has the class {name!r} of the label map, and {count} have "
                f"{written!r}, which it lacks; write {written!r} in the label map, or {name!r} in the records"
            )
        numbers = self._of(DropReason.UNKNOWN_NUMBER)
        if numbers:
            raise DataError(
                f"{self.split}: no object has the class {name!r} of the label map, and "
                f"{sum(numbers.values())} have the class number {_listed(sorted(numbers, key=int))}, which it "
                f"lacks; write the records with its ids ({self._classes()}) or with class names, or add the "
                "numbers to the label map"
            )
        for reason in OF_BOXES:
            if count := self.dropped[reason, name]:
                raise DataError(
                    f"{self.split}: no object of the class {name!r} can be used, {count} {reason.value}; "
                    f"{self._remedy()}"
                )

    def _of(self, reason: DropReason) -> Counter[str]:
        """Return the number of objects dropped for a reason, by class."""
        return Counter({name: count for (found, name), count in self.dropped.items() if found is reason})

    def _reasons(self) -> str:
        """Return the dropped objects by reason and class."""
        parts = []
        for reason in DropReason:
            counts = self._of(reason)
            if counts:
                names = _listed([f"{_shown(name)} {count}" for name, count in counts.most_common()])
                parts.append(f"{counts.total()} {reason.value} ({names})")
        return ", ".join(parts)

    def _remedy(self) -> str:
        """Return what to do about a split or class without objects."""
        reasons = {reason for reason, _ in self.dropped}
        if reasons & {DropReason.UNKNOWN_NAME, DropReason.UNKNOWN_NUMBER}:
            return f"give label map and records the same classes (the label map has {self._classes()})"
        if reasons:
            return "write boxes as ymin, xmin, ymax, xmax divided by the image's height and width: from 0 to 1"
        return "name records with annotated objects"

    def _classes(self) -> str:
        return _listed([f"{number} {_shown(name)}" for number, name in self.label_map.items])


def _shown(name: str) -> str:
    """Return a class name in quotes, cut if it is long; a number as it is."""
    return name if name.lstrip("-").isdigit() else repr(name if len(name) <= 60 else f"{name[:60]}…")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
