"""YAML as sweep files use it: safe, of bounded size and depth, every error with its line and column."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import shortened

LARGEST_BYTES = 2**20
"""The largest sweep file; more than ten thousand times the usual."""
DEEPEST = 50
"""How many lists and mappings may stand in each other; the schema needs seven."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times faster


class _Loader(_Base):  # type: ignore[misc]  # either of two classes
    """YAML's safe loader that reads `1e-3` as a number and refuses a key given twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's
        """Return the value of a node; ConstructorError where its text does not fit its tag."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError) as error:
            kind = node.tag.rpartition(":")[2]
            value = shortened(node.value) if isinstance(node, yaml.ScalarNode) else _kind_of(node)
            raise yaml.constructor.ConstructorError(
                None, None, f"{value!r} is no {kind} as YAML has it; give another value", node.start_mark
            ) from error


def _kind_of(node: yaml.Node) -> str:
    """Return `scalar`, `sequence` or `mapping`."""
    return type(node).__name__.removesuffix("Node").lower()


def _mapping_without_repeats(loader: _Loader, node: yaml.Node) -> dict[Any, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(
            None, None, f"expected a mapping, but found a {_kind_of(node)}", node.start_mark
        )
    given: set[Hashable] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if isinstance(key, Hashable) and key in given:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {shortened(str(key))!r} is given a second time", key_node.start_mark
            )
        if isinstance(key, Hashable):
            given.add(key)
    values: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return values


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789")
)


def load_yaml(path: Path) -> Any:
    """Return what a YAML file describes.

    Raises:
        SweepError: It is no regular file, is not UTF-8, is too large or too deep, or is not valid; the message
            names file, line and column.
    """
    try:
        text = read_text(path, kind="a text file in YAML")
    except OSError as error:
        raise SweepError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    return parse_yaml(text, source=str(path))


def read_text(path: Path, *, kind: str) -> str:
    """Return the text of a file in UTF-8; `kind` is what to give instead of one that is not accepted.

    Raises:
        SweepError: It is no regular file, is too large or is not UTF-8.
        OSError: It cannot be read.
    """
    if path.exists() and not path.is_file():
        raise SweepError(f"{path}: is not a regular file; give {kind}")
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    check_size(len(content), source=str(path))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SweepError(f"{path}: not a text file in UTF-8; give {kind}") from error


def parse_yaml(text: str, *, source: str) -> Any:
    """Return what a YAML text describes.

    Raises:
        SweepError: The text is too large or too deep, or is not valid; the message names file, line and column.
    """
    check_size(len(text.encode(errors="surrogatepass")), source=source)
    try:
        _check_depth(text, source)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = shortened(error.problem or "not valid YAML", 200)
        raise SweepError(f"{source}{_place(mark)}: {problem}; correct the YAML") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SweepError(
            f"{source}:{line}: {error.reason} ({_code_point(error.character)}); remove the character"
        ) from error
    except yaml.YAMLError as error:
        raise SweepError(f"{source}: not valid YAML: {shortened(' '.join(str(error).split()), 200)}") from error


def check_size(size: int, *, source: str) -> None:
    """Raise SweepError where a text has too many bytes for a sweep file."""
    if size > LARGEST_BYTES:
        raise SweepError(f"{source}: has more than {LARGEST_BYTES} bytes, the most of a sweep file; shorten it")


def _check_depth(text: str, source: str) -> None:
    """Raise SweepError where lists and mappings are nested too deeply for a loader that recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise SweepError(
                    f"{source}{_place(event.start_mark)}: more than {DEEPEST} lists or mappings stand in each "
                    "other; a sweep file needs seven"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _place(mark: Any) -> str:
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


def _code_point(character: Any) -> str:
    """Return a character that YAML refuses as `#x001b`."""
    return f"#x{character if isinstance(character, int) else ord(character):04x}"
