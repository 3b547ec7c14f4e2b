"""Runs of the oracle's scripts, using this interpreter instead of the oracle's."""

import os
import sys
from pathlib import Path

import pytest

from experiments.parity.environment import OracleMissingError, oracle_python
from experiments.parity.work import OracleFailedError, OracleRun, OracleRuns, sources_of

SCRIPT = """import argparse, helper
p = argparse.ArgumentParser()
p.add_argument("--text")
p.add_argument("--file")
p.add_argument("--out")
a = p.parse_args()
open(a.out, "w").write(helper.NAME + a.text + (open(a.file).read() if a.file else ""))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "requirements.txt").write_text("numpy==1\n")
    (folder / "helper.py").write_text("NAME = 'one '\n")
    (folder / "make.py").write_text(SCRIPT)
    return folder / "make.py"


@pytest.fixture
def runs(tmp_path: Path) -> OracleRuns:
    return OracleRuns(Path(sys.executable), tmp_path / "work")


def test_script_runs_once_for_the_same_input(script: Path, runs: OracleRuns) -> None:
    run = OracleRun(script, ("--text", "a"), "out.txt")
    made = runs.result(run) / "out.txt"
    assert made.read_text() == "one a"
    made.write_text("kept")
    assert (runs.result(run) / "out.txt").read_text() == "kept"
    again = OracleRuns(Path(sys.executable), made.parents[1])
    assert (again.result(run) / "out.txt").read_text() == "kept"


def test_key_depends_on_scripts_arguments_and_files(script: Path, tmp_path: Path) -> None:
    file = tmp_path / "input.txt"
    file.write_text("x")
    keys = {OracleRun(script, ("--text", text), "out.txt").key for text in ("a", "b")}
    keys.add(OracleRun(script, ("--text", "a"), "other.txt").key)
    keys.add(OracleRun(script, ("--file", file), "out.txt").key)
    file.write_text("y")
    keys.add(OracleRun(script, ("--file", file), "out.txt").key)
    (script.parent / "helper.py").write_text("NAME = 'two '\n")
    keys.add(OracleRun(script, ("--text", "a"), "out.txt").key)
    assert len(keys) == 6
    assert [path.name for path in sources_of(script)] == ["helper.py", "make.py"]


def test_output_of_a_run_can_be_an_argument_of_another(script: Path, runs: OracleRuns) -> None:
    first = OracleRun(script, ("--text", "a"), "out.txt")
    second = OracleRun(script, ("--text", "b ", "--file", first.output("out.txt")), "out.txt")
    assert (runs.result(second) / "out.txt").read_text() == "one b one a"


def test_submitted_runs_are_executed_once_in_any_order_of_results(script: Path, runs: OracleRuns) -> None:
    (script.parent / "helper.py").write_text("import time\ntime.sleep(0.3)\nNAME = 'one '\n")
    every = [OracleRun(script, ("--text", str(number)), "out.txt") for number in range(3)]
    for run in every:
        runs.submit(run)
    texts = [(runs.result(run) / "out.txt").read_text() for run in reversed(every)]
    assert texts == ["one 2", "one 1", "one 0"]
    runs.close()


def test_key_of_a_checkpoint_depends_on_its_files(script: Path, tmp_path: Path) -> None:
    (tmp_path / "ckpt-0.index").write_text("i")
    run = OracleRun(script, ("--file", tmp_path / "ckpt-0"), "out.txt")
    before = run.key
    (tmp_path / "ckpt-0.index").write_text("j")
    assert run.key != before
    with pytest.raises(FileNotFoundError, match="ckpt-7"):
        _ = OracleRun(script, ("--file", tmp_path / "ckpt-7"), "out.txt").key


def test_error_of_a_failing_script_contains_the_end_of_its_log(
    script: Path, runs: OracleRuns, tmp_path: Path
) -> None:
    script.write_text("import helper\nraise ValueError('no such model')\n")
    with pytest.raises(OracleFailedError, match=r"make\.py ended with status 1: .*no such model"):
        runs.result(OracleRun(script, (), "out.txt"))
    assert not [path for path in (tmp_path / "work").iterdir() if path.suffix != ".partial"]


def test_interpreter_from_the_environment_variable_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORACLE_PYTHON", sys.executable)
    assert oracle_python(tmp_path / "oracle") == Path(sys.executable)
    monkeypatch.setenv("ORACLE_PYTHON", str(tmp_path / "python"))
    with pytest.raises(OracleMissingError, match="there is no such file"):
        oracle_python(tmp_path / "oracle")


def test_missing_python_raises_oracle_missing_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ORACLE_PYTHON", raising=False)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(OracleMissingError, match=r"python3\.11 is not on the PATH"):
        oracle_python(tmp_path / "oracle")
