"""The runs of the oracle's scripts, with this interpreter in the place of the oracle's."""

import os
import sys
from pathlib import Path

import pytest

from experiments.parity.environment import OracleMissingError, oracle_python
from experiments.parity.work import OracleFailedError, OracleRun, OracleRuns, sources_of

SCRIPT = """import argparse, beside
p = argparse.ArgumentParser()
p.add_argument("--text")
p.add_argument("--file")
p.add_argument("--out")
a = p.parse_args()
open(a.out, "w").write(beside.NAME + a.text + (open(a.file).read() if a.file else ""))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "requirements.txt").write_text("numpy==1\n")
    (folder / "beside.py").write_text("NAME = 'one '\n")
    (folder / "make.py").write_text(SCRIPT)
    return folder / "make.py"


@pytest.fixture
def runs(tmp_path: Path) -> OracleRuns:
    return OracleRuns(Path(sys.executable), tmp_path / "work")


def test_a_script_runs_once_for_the_same_input(script: Path, runs: OracleRuns) -> None:
    run = OracleRun(script, ("--text", "a"), "out.txt")
    made = runs.result(run) / "out.txt"
    assert made.read_text() == "one a"
    made.write_text("kept")
    assert (runs.result(run) / "out.txt").read_text() == "kept"
    again = OracleRuns(Path(sys.executable), made.parents[1])
    assert (again.result(run) / "out.txt").read_text() == "kept"


def test_the_key_follows_scripts_arguments_and_files(script: Path, tmp_path: Path) -> None:
    file = tmp_path / "input.txt"
    file.write_text("x")
    keys = {OracleRun(script, ("--text", text), "out.txt").key for text in ("a", "b")}
    keys.add(OracleRun(script, ("--text", "a"), "other.txt").key)
    keys.add(OracleRun(script, ("--file", file), "out.txt").key)
    file.write_text("y")
    keys.add(OracleRun(script, ("--file", file), "out.txt").key)
    (script.parent / "beside.py").write_text("NAME = 'two '\n")
    keys.add(OracleRun(script, ("--text", "a"), "out.txt").key)
    assert len(keys) == 6
    assert [path.name for path in sources_of(script)] == ["beside.py", "make.py"]


def test_one_run_can_take_what_another_makes(script: Path, runs: OracleRuns) -> None:
    first = OracleRun(script, ("--text", "a"), "out.txt")
    second = OracleRun(script, ("--text", "b ", "--file", first.made("out.txt")), "out.txt")
    assert (runs.result(second) / "out.txt").read_text() == "one b one a"


def test_begun_runs_are_made_once_whoever_asks(script: Path, runs: OracleRuns) -> None:
    (script.parent / "beside.py").write_text("import time\ntime.sleep(0.3)\nNAME = 'one '\n")
    every = [OracleRun(script, ("--text", str(number)), "out.txt") for number in range(3)]
    for run in every:
        runs.begin(run)
    texts = [(runs.result(run) / "out.txt").read_text() for run in reversed(every)]
    assert texts == ["one 2", "one 1", "one 0"]
    runs.close()


def test_a_checkpoint_counts_with_its_files(script: Path, tmp_path: Path) -> None:
    (tmp_path / "ckpt-0.index").write_text("i")
    run = OracleRun(script, ("--file", tmp_path / "ckpt-0"), "out.txt")
    before = run.key
    (tmp_path / "ckpt-0.index").write_text("j")
    assert run.key != before
    with pytest.raises(FileNotFoundError, match="ckpt-7"):
        _ = OracleRun(script, ("--file", tmp_path / "ckpt-7"), "out.txt").key


def test_a_failing_script_tells_the_end_of_its_log(script: Path, runs: OracleRuns, tmp_path: Path) -> None:
    script.write_text("import beside\nraise ValueError('no such model')\n")
    with pytest.raises(OracleFailedError, match=r"make\.py ended with status 1: .*no such model"):
        runs.result(OracleRun(script, (), "out.txt"))
    assert not [path for path in (tmp_path / "work").iterdir() if path.suffix != ".partial"]


def test_a_named_interpreter_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORACLE_PYTHON", sys.executable)
    assert oracle_python(tmp_path / "oracle") == Path(sys.executable)
    monkeypatch.setenv("ORACLE_PYTHON", str(tmp_path / "python"))
    with pytest.raises(OracleMissingError, match="there is no such file"):
        oracle_python(tmp_path / "oracle")


def test_without_its_python_the_oracle_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ORACLE_PYTHON", raising=False)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(OracleMissingError, match=r"python3\.11 is not on the PATH"):
        oracle_python(tmp_path / "oracle")
