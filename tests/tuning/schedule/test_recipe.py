"""A rule is added to a copy of the packages as CONTRIBUTING.md says, and passes the contract there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE = '''
"""Stops a trial whose score no longer rises."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from sweepbox.tuning.schedule.rule import Action, Actions, Event, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class PatienceOptions(SpecModel):
    """`evaluations` may pass without a better score."""

    evaluations: int = Field(default=2, ge=1)


@dataclass(frozen=True)
class PatienceState:
    """The best report of each trial."""

    best: Mapping[str, Report] = field(default_factory=dict)


@dataclass(frozen=True)
class Patience:
    """Compares a trial with itself alone."""

    options: PatienceOptions
    plan: Plan

    def initial_state(self) -> PatienceState:
        """Return no reports."""
        return PatienceState()

    def decide(self, state: PatienceState, event: Event) -> tuple[PatienceState, Actions]:
        """Stop the reporting trial where its best report is long ago."""
        if not isinstance(event, Report):
            return state, {}
        best = state.best.get(event.trial)
        if best is None or event.score > best.score:
            return PatienceState({**state.best, event.trial: event}), {}
        waited = event.evaluation - best.evaluation >= self.options.evaluations
        return state, {event.trial: Action.STOP} if waited else {}
'''


@pytest.fixture
def recipe() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text.split("## Add a stopping rule\n")[1].split("\n## ")[0].strip()


def test_the_recipe_is_short(recipe: str) -> None:
    assert len(recipe.splitlines()) <= 10


def test_the_recipe_holds(recipe: str, tmp_path: Path) -> None:
    package = tmp_path / "sweepbox"
    shutil.copytree(ROOT / "tuning", package / "tuning", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "sweepbox" / "__init__.py", package)
    (package / "detection").symlink_to(ROOT / "detection")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    here = Path("tests/tuning/schedule")
    shutil.copytree(ROOT / here, tmp_path / here, ignore=shutil.ignore_patterns("__pycache__"))

    schedule = package / "tuning" / "schedule"
    (schedule / "patience.py").write_text(PATIENCE)
    found = re.search(r'`("NAME": .*,)`', recipe)
    assert found
    line = found[1].replace("NAME", "patience").replace("Name", "Patience")
    table = (schedule / "table.py").read_text()
    table = table.replace(
        "\n\n\n", "\nfrom sweepbox.tuning.schedule.patience import Patience, PatienceOptions\n\n\n", 1
    )
    table, lines = re.subn(r"(\nRULES: .*\{\n)", rf"\1    {line}\n", table)
    assert lines == 1
    (schedule / "table.py").write_text(table)

    command = [sys.executable, "-m", "pytest", "-v", str(here / "test_contract.py"), "-k", "patience"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[patience] PASSED") == 7
