"""What the tests of several commands share."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RunCommand = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def run_command() -> RunCommand:
    """A function that runs a command by name as a program of its own; returns status, output and errors."""

    def run(name: str, *arguments: object) -> tuple[int, str, str]:
        ended = subprocess.run(
            [sys.executable, "-m", f"sweepbox.scripts.{name}", *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    return run
