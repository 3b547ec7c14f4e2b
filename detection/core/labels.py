"""The classes of a data set: ids and names."""

from collections.abc import Iterable
from dataclasses import dataclass

from detection.core.errors import ConfigError


@dataclass(frozen=True)
class LabelMap:
    """Class ids (1-based, gaps allowed, rising) with their names, as in a `label_map.pbtxt`.

    `items` holds pairs of id and name. Ids and names are unique, otherwise ConfigError is raised.
    """

    items: tuple[tuple[int, str], ...]

    def __post_init__(self) -> None:
        """Check ids and names."""
        ids = [class_id for class_id, _ in self.items]
        names = [name for _, name in self.items]
        if not self.items:
            raise ConfigError("the label map has no class; give it at least one item with id and name")
        if min(ids) < 1:
            raise ConfigError(f"label map: id {min(ids)} is below 1; class ids start at 1")
        for kind, values in (("id", [str(class_id) for class_id in ids]), ("name", names)):
            repeated = sorted({value for value in values if values.count(value) > 1})
            if repeated:
                raise ConfigError(
                    f"label map: {kind} {', '.join(repeated)} stands more than once; make it unique"
                )
        object.__setattr__(self, "items", tuple(sorted(self.items)))

    @classmethod
    def of(cls, names: Iterable[str]) -> "LabelMap":
        """Return a label map with the ids 1, 2, … in the order of `names`."""
        return cls(tuple(enumerate(names, start=1)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of their ids."""
        return tuple(name for _, name in self.items)

    @property
    def num_classes(self) -> int:
        """The largest id: the number of class columns that a model needs."""
        return self.items[-1][0]

    def id_of(self, name: str) -> int | None:
        """Return the 1-based id of a class name, or None where the map lacks it."""
        return next((class_id for class_id, known in self.items if known == name), None)

    def name_of(self, class_id: int) -> str:
        """Return the name of a 1-based id; an id that the map lacks is named `class ID`."""
        return dict(self.items).get(class_id, f"class {class_id}")
