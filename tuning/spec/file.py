"""Reading and writing sweep files: YAML in, a checked `SweepSpec` out, every problem named by file and key."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_text
from sweepbox.tuning.spec.problems import problem_lines
from sweepbox.tuning.spec.schema import Augmentation, SweepSpec
from sweepbox.tuning.spec.yaml_text import parse_yaml, read_text


def load_spec(path: Path) -> SweepSpec:
    """Read a sweep file; SweepError lists all problems, one line each, with file, key and remedy."""
    return parse_spec(read_text(path, kind="a sweep file in YAML"), source=str(path))


def parse_spec(text: str, *, source: str = "<text>") -> SweepSpec:
    """Return the sweep that a YAML text describes; see `load_spec`."""
    given = parse_yaml(text, source=source)
    if not isinstance(given, dict):
        raise SweepError(f"{source}: a sweep file is a mapping of keys to values, got {type(given).__name__}")
    try:
        return SweepSpec.model_validate(given)
    except ValidationError as error:
        raise SweepError("\n".join(f"{source}: {line}" for line in problem_lines(error, SweepSpec))) from error


def save_spec(spec: SweepSpec, path: Path) -> None:
    """Write a sweep file atomically; reading it gives an equal spec."""
    fields = spec.model_dump(exclude_none=True)
    fields["augmentations"] = {name: _plain(value) for name, value in spec.augmentations.items()}
    fields["set"] = dict(spec.set)
    write_text(path, yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=112))


def _plain(augmentation: Augmentation) -> dict[str, Any]:
    parameters = {name: value.model_dump(exclude_none=True) for name, value in augmentation.parameters.items()}
    return {"enabled": augmentation.enabled, **parameters}
