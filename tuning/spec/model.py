"""The base of all parts of a sweep file."""

from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.problems import WHOLE_FILE, problem_lines

LARGEST_INTEGER = 2**63 - 1

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # which pydantic does not export


class _SpecType(ModelMetaclass):
    """The type of a sweep file's parts: a wrong argument raises SweepError, as a wrong key in a file does."""

    def __call__(self, *values: Any, **fields: Any) -> Any:
        """Return a part of a sweep file; SweepError lists all problems, one line each."""
        try:
            return super().__call__(*values, **fields)
        except ValidationError as error:
            lines = problem_lines(error, cast("type[BaseModel]", self))
            shown = [line.removeprefix(f"{WHOLE_FILE}: ") for line in lines]
            raise SweepError("\n".join(f"{self.__name__}: {line}" for line in shown)) from error


class SpecModel(BaseModel, metaclass=_SpecType):
    """Base of all parts of a sweep file: no unknown key, no silent conversion, no change after reading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _in_64_bits(cls, value: Any) -> Any:
        """Refuse whole numbers that the tables of results cannot hold."""
        parts = value if isinstance(value, list) else (value,)
        if any(isinstance(part, int) and abs(part) > LARGEST_INTEGER for part in parts):
            raise ValueError(f"whole numbers are at most {LARGEST_INTEGER}; give less")
        return value
