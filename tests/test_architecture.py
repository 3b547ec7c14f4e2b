"""The house's own measures: no file and no function grows past what one reader holds in mind."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
PACKAGES = ("detection", "tuning", "scripts")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
FORBIDDEN_NAMES = {"utils.py", "common.py", "misc.py", "helpers.py"}


def test_sources_are_found() -> None:
    assert len(SOURCES) > 20


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_FILE_LINES, (
        "split the file: it holds more than one concept"
    )
    assert path.name not in FORBIDDEN_NAMES, "name the file after its concept"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_are_short(path: Path) -> None:
    long = [
        f"{node.name}: {lines}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long, "a function this long hides a name"


def test_importing_the_packages_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys, sweepbox, sweepbox.detection.core.errors, sweepbox.tuning, sweepbox.scripts.cli; "
        "print([m for m in ('tensorflow', 'keras', 'ray', 'optuna', 'torch', 'jax') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
