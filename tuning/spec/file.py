"""Reading and writing sweep files: YAML in, a checked `SweepSpec` out, every problem named by file and key."""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_text
from sweepbox.tuning.spec.problems import problem_lines
from sweepbox.tuning.spec.schema import Augmentation, SweepSpec


class _Loader(yaml.SafeLoader):
    """YAML's safe loader that reads `1e-3` as a number and refuses a key given twice."""


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is given a second time", node.value[index][0].start_mark
            )
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789")
)


def load_spec(path: Path) -> SweepSpec:
    """Read a sweep file; SweepError lists all problems, one line each, with file, key and remedy."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SweepError(f"{path}: not a text file in UTF-8; give a sweep file in YAML") from error
    return parse_spec(text, source=str(path))


def parse_spec(text: str, *, source: str = "<text>") -> SweepSpec:
    """Return the sweep that a YAML text describes; see `load_spec`."""
    try:
        given = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise SweepError(f"{source}{place}: {error.problem or 'not valid YAML'}; correct the YAML") from error
    except yaml.YAMLError as error:
        raise SweepError(f"{source}: not valid YAML: {' '.join(str(error).split())}") from error
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
