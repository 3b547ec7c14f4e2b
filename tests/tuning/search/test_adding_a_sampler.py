"""The recipe of CONTRIBUTING.md, followed to the letter in a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SAMPLERS = Path("tuning", "search", "samplers")
TESTS = Path("tests", "tuning", "search")
MAX_LINES = 10
CHANGES = {
    "class Random(": "class Toy(",
    "uses_results: ClassVar[bool] = False": (
        "uses_results: ClassVar[bool] = True\n\n    candidates: int = Field(default=8, ge=1)"
    ),
    "import RandomSampler": "import TPESampler",
    "RandomSampler(seed=context.seed)": "TPESampler(seed=context.seed, n_ei_candidates=self.candidates)",
    "\nfrom sweepbox.tuning.search": "\nfrom pydantic import Field\n\nfrom sweepbox.tuning.search",
}
"""What makes the toy sampler of random search."""


@pytest.mark.slow
def test_a_sampler_is_one_file_and_one_line_and_the_contract_covers_it(tmp_path: Path) -> None:
    recipe = section("Add a sampler")
    assert len(recipe) <= MAX_LINES
    files = (SAMPLERS / name for name in ("random.py", "NAME.py", "table.py"))
    for named in (*files, TESTS / "test_samplers.py"):
        assert str(named) in " ".join(recipe)
    copy_sources(tmp_path)

    text = (tmp_path / SAMPLERS / "random.py").read_text()
    for before, after in CHANGES.items():
        text = replaced(text, before, after)
    (tmp_path / SAMPLERS / "toy.py").write_text(text)

    table = (tmp_path / SAMPLERS / "table.py").read_text()
    toy = "from sweepbox.tuning.search.samplers.toy import Toy"
    table = replaced(table, "\nfrom sweepbox", f"\n{toy}\nfrom sweepbox")
    table = replaced(table, '    "tpe": TPE,\n', '    "tpe": TPE,\n    "toy": Toy,\n')
    (tmp_path / SAMPLERS / "table.py").write_text(table)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(TESTS / "test_samplers.py"), "-k", "toy or unknown_sampler"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert re.search(r"^[12]\d passed", run.stdout, re.MULTILINE), run.stdout


def section(title: str) -> list[str]:
    """Return the lines below a title of CONTRIBUTING.md that are not empty."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    _, _, below = text.partition(f"## {title}\n")
    return [line for line in below.partition("\n## ")[0].splitlines() if line.strip()]


def copy_sources(to: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("sweepbox", "detection", "tuning", "scripts", str(TESTS)):
        shutil.copytree(ROOT / name, to / name, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", to)


def replaced(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after, 1)
