"""`make faults` in small: faults in a real sweep; and the checks find each thing that can be wrong."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.faults.checks import check_end, check_refusal
from experiments.faults.kinds.files import DAMAGES
from experiments.faults.kinds.table import KINDS
from experiments.faults.results import read_results, table
from experiments.faults.run import planned
from experiments.faults.scene import BrokenPromiseError, Scene, Session
from experiments.faults.workload import ROOT

COUNT, SEED = 20, 1
ONLY = "kill-trial,kill-all,pause-trial,pause-driver,report-twice,second-driver"
"""Kinds that take little time."""
LONG = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a sweep under faults, and with the undisturbed sweep."""
    work = tmp_path_factory.mktemp("faults")
    options = ["--count", "1", "--each", str(COUNT), "--seed", str(SEED), "--only", ONLY, "--work", str(work)]
    command = [sys.executable, "-m", "experiments.faults", *options, "--out", str(work / "results.jsonl")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return work


@pytest.mark.slow
@LONG
def test_what_is_promised_holds_under_faults(results: Path) -> None:
    [result] = read_results(results / "results.jsonl")
    assert result["reason"] == ""
    assert len(result["injected"]) >= COUNT // 4  # as many as there were moments for
    assert result["sessions"] > 1


Tamper = Callable[[Path], object]


def change_metric(run: Path) -> None:
    path = run / "trials" / "0002" / "metrics.jsonl"
    path.write_text(path.read_text().replace('"gflop": 0.00', '"gflop": 0.01', 1))


def drop_last_line(run: Path) -> None:
    path = run / "trials" / "0002" / "metrics.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def count_twice(run: Path) -> None:
    path = run / "trials" / "0002" / "metrics.jsonl"
    path.write_text(path.read_text() + path.read_text().splitlines(keepends=True)[-1])


def change_status(run: Path) -> None:
    path = run / "trials" / "0003" / "state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "state": "stopped_early"}))


def lose_checkpoint(run: Path) -> None:
    shutil.rmtree(next(run.glob("trials/*/best")))


@pytest.mark.slow
@LONG
@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (change_metric, r"trial 0002: evaluations \[1\] have other metrics"),
        (drop_last_line, "trial 0002: its evaluations are"),
        (count_twice, "trial 0002: its evaluations are"),
        (change_status, "trial 0003: state is 'stopped_early'"),
        (lambda run: shutil.rmtree(run / "trials" / "0005"), "the trials are"),
        (lose_checkpoint, "checkpoints are kept of"),
        (lambda run: (run / "trials" / "0000" / ".state.json.12345678.tmp").touch(), "left behind"),
        (lambda run: (run / "winner.json").unlink(), "FileNotFoundError"),
    ],
)
def test_the_checks_find_what_is_wrong(results: Path, tmp_path: Path, tamper: Tamper, told: str) -> None:
    [reference] = [path.parent for path in results.glob("reference-*/complete")][:1]
    scene = Scene(tmp_path, reference)
    try:
        shutil.copytree(reference / "run", scene.run)
        terminal = tmp_path / "terminal.txt"
        process = scene.popen(["true"], terminal)
        process.wait()
        scene.sessions.append(Session(process, terminal))
        check_end(scene)
        tamper(scene.run)
        with pytest.raises(BrokenPromiseError, match=told):
            check_end(scene)
    finally:
        scene.remove()


@pytest.mark.parametrize(
    ("output", "status", "is_promised"),
    [
        ("sweep in run\nerror: run/a: No space left on device; free some space\n", 2, True),
        ("error: run/a: No space left on device\n", 1, False),
        ("error: run/a: damaged\n", 2, False),
        ("error: No space left on device\nerror: No space left on device\n", 2, False),
        ("Traceback (most recent call last):\nerror: No space left on device\n", 2, False),
        ("error: unexpected OSError: No space left on device\n", 2, False),
        ("", 2, False),
    ],
)
def test_a_refusal_is_one_message_and_status_2(output: str, status: int, *, is_promised: bool) -> None:
    if is_promised:
        check_refusal(output, status, "No space left")
        return
    with pytest.raises(BrokenPromiseError):
        check_refusal(output, status, "No space left")


def test_a_seed_plans_the_same_faults_again() -> None:
    plans = [planned(random.Random(seed), 40, ()) for seed in ("1", "1", "2")]  # noqa: S311 - no secret
    assert plans[0] == plans[1] != plans[2]
    assert set(plans[0]) <= set(KINDS)
    assert set(planned(random.Random("1"), 9, ("kill-gcs",))) == {"kill-gcs"}  # noqa: S311


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_damage_changes_a_file_as_its_name_says(name: str) -> None:
    content = b"0123456789" * 10
    for seed in range(50):
        damaged = DAMAGES[name](content, random.Random(seed))  # noqa: S311
        kept = next(
            (at for at, (a, b) in enumerate(zip(content, damaged, strict=False)) if a != b), len(damaged)
        )
        assert damaged != content
        if name == "torn":
            assert content.startswith(damaged)
        elif name == "zeros":
            assert damaged == content[:kept] + bytes(len(content) - kept)
        else:
            assert sum(bin(a ^ b).count("1") for a, b in zip(content, damaged, strict=True)) == 1


def test_the_table_counts_the_faults_of_a_sweep_that_broke_a_promise_as_not_held() -> None:
    fault = {"kind": "kill-gcs"}
    results = [{"injected": [fault, fault], "reason": ""}, {"injected": [fault], "reason": "a trial is lost"}]
    assert "| the GCS is killed | 3 | 2 |" in table(results)
    assert table(results).endswith("| all, in 2 sweeps | 3 | 2 |")
