"""Sizes of the sources, and what importing the packages loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .distribution import LONGEST, SHARED

ROOT = Path(__file__).parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
PACKAGES = ("detection", "tuning", "scripts")
FORBIDDEN_NAMES = {"utils.py", "common.py", "misc.py", "helpers.py"}


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The text of each source file, by its path in the repository."""
    paths = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def test_sources_of_every_package_are_found(sources: dict[str, str]) -> None:
    for package in PACKAGES:
        assert sum(path.startswith(f"{package}/") for path in sources) > 10, package


def test_files_are_short(sources: dict[str, str]) -> None:
    long = {path: lines for path, text in sources.items() if (lines := len(text.splitlines())) > MAX_FILE_LINES}
    assert long == {}, f"split each file of more than {MAX_FILE_LINES} lines: it holds more than one concept"


def test_files_are_named_after_their_concept(sources: dict[str, str]) -> None:
    assert [path for path in sources if Path(path).name in FORBIDDEN_NAMES] == []


def _functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield the name and the number of lines of each function, those of its docstring left out."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, _lines(node) - (_lines(node.body[0]) if ast.get_docstring(node) else 0)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short(sources: dict[str, str]) -> None:
    long = [
        f"{path}: {name} has {lines} lines"
        for path, text in sources.items()
        for name, lines in _functions(text)
        if lines > MAX_FUNCTION_LINES
    ]
    assert long == [], f"a function of more than {MAX_FUNCTION_LINES} lines hides a name"


def test_the_lines_of_a_function_are_counted() -> None:
    text = "def outer():\n    async def inner():\n        return 1\n\n    return inner\n"
    assert dict(_functions(text)) == {"outer": 5, "inner": 2}
    assert dict(_functions('def f():\n    """Do.\n\n    Much.\n    """\n    return 1\n')) == {"f": 2}


def test_what_the_tests_distribution_names_is_there() -> None:
    for path in (*SHARED, *(path for path in LONGEST if "/" in path)):
        assert (ROOT / path).exists(), f"{path}: name what stands there now in tests/distribution.py"


def test_importing_the_packages_loads_nothing_heavy() -> None:
    code = (
        "import sys, sweepbox, sweepbox.detection.core.errors, sweepbox.tuning, sweepbox.scripts.cli; "
        "print([m for m in ('tensorflow', 'keras', 'ray', 'optuna', 'torch', 'jax') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
