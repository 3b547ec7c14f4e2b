"""The classes of a data set: ids and names."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.printable import acting_characters, first_of, shortened


@dataclass(frozen=True)
class LabelMap:
    """Class ids (1-based, ascending, gaps allowed) with their names, as in a `label_map.pbtxt`.

    Attributes:
        items: Pairs of id and display name, which metrics, drawings and reports use.
        stored_names: For each class with a `display_name`, its id and its `name`, which annotations and records
            may use ("" if it has none).
        other_fields: By id, all other fields of a class (ancestors, keypoints …) in text format.

    Raises:
        ConfigError: There is no class, an id is below 1, an id, name or display name is not unique, or a name
            has a control character.
    """

    items: tuple[tuple[int, str], ...]
    stored_names: tuple[tuple[int, str], ...] = ()
    other_fields: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        """Check ids and names."""
        if not self.items:
            raise ConfigError("the label map has no class; give it at least one item with id and name")
        ids = [class_id for class_id, _ in self.items]
        if min(ids) < 1:
            raise ConfigError(f"label map: id {min(ids)} is below 1; class ids start at 1")
        stored = dict(self.stored_names)
        self._check_printable()
        self._check_unique("id", [str(class_id) for class_id in ids])
        self._check_unique("name", [name for pair in self.items if (name := stored.get(*pair))])
        self._check_unique("display_name", [name for _, name in self.items])
        for field in ("items", "stored_names", "other_fields"):
            object.__setattr__(self, field, tuple(sorted(getattr(self, field))))

    @staticmethod
    def _check_unique(kind: str, values: list[str]) -> None:
        repeated = sorted(value for value, count in Counter(values).items() if count > 1)
        if repeated:
            shown = ", ".join(first_of(map(shortened, repeated)))
            raise ConfigError(f"label map: {kind} {shown} occurs more than once; make it unique")

    def _check_printable(self) -> None:
        for class_id, name in (*self.items, *self.stored_names):
            if acting_characters(name):
                raise ConfigError(
                    f"label map: the name of class {class_id}, '{shortened(name)}', has a control character; "
                    "remove it"
                )

    @classmethod
    def of(cls, names: Iterable[str]) -> "LabelMap":
        """Return a label map with the ids 1, 2, … in the order of `names`."""
        return cls(tuple(enumerate(names, start=1)))

    @property
    def names(self) -> tuple[str, ...]:
        """The display names in the order of their ids."""
        return tuple(name for _, name in self.items)

    @property
    def num_classes(self) -> int:
        """The largest id: the number of class columns that a model needs."""
        return self.items[-1][0]

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids in ascending order."""
        return tuple(class_id for class_id, _ in self.items)

    def id_of(self, text: str) -> int | None:
        """Return the 1-based id of the class with this name or display name; None if there is none.

        If a text is the name of one class and the display name of another, the larger id is returned, as in the
        Object Detection API.
        """
        return self._ids.get(text)

    def name_of(self, class_id: int) -> str:
        """Return the display name of a 1-based id; `class ID` for an unknown id."""
        return self._names.get(class_id, f"class {class_id}")

    def text_of(self, class_id: int) -> str:
        """Return the name of a class in records: its `name`, or else its display name.

        `id_of` maps it back to the id. ConfigError if both names also belong to a larger id.
        """
        shown = self.name_of(class_id)
        for text in (self._stored.get(class_id, shown), shown):
            if self.id_of(text) == class_id:
                return text
        raise ConfigError(
            f"label map: the names of class {class_id} ({shown}) are those of larger ids too; rename one"
        )

    @cached_property
    def _names(self) -> dict[int, str]:
        """Display names by id."""
        return dict(self.items)

    @cached_property
    def _stored(self) -> dict[int, str]:
        """Stored names by id."""
        return dict(self.stored_names)

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Ids by name; pairs are sorted so that the larger id overrides."""
        pairs = sorted([*self.items, *self.stored_names])
        return {name: class_id for class_id, name in pairs if name}
