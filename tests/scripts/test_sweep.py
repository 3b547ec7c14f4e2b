"""The command on a terminal's terms: real processes that are interrupted, killed and resumed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sweepbox.tuning.api.live_report import dashboard_of
from sweepbox.tuning.storage.folder import SweepFolder
from tests.scripts.sweeps import EVERY, ROOT, STEPS, TRIALS, Sweep, make_home, status, sweepbox


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep file and records."""
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def story(home: Path) -> Iterator[dict[str, Any]]:
    """A sweep that is interrupted, resumed, killed and resumed; and how it stood after each."""
    sweeps: list[Sweep] = []
    try:
        yield _tell(home, sweeps)
    finally:
        for sweep in sweeps:
            if sweep.process.poll() is None:
                sweep.kill_everything()


def _tell(home: Path, sweeps: list[Sweep]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    sweeps.append(first := Sweep(home, "--dashboard"))
    first.until(lambda: first.evaluations() >= 2)
    told["while running"] = status(first.run)
    with dashboard_of([first.run], host="127.0.0.1", port=0) as server:
        told["shown"] = [shown(link_of(first), after_s=0)]
        first.process.send_signal(signal.SIGINT)
        told["interrupt exit"] = first.process.wait(timeout=120)
        told["interrupt output"] = first.output()
        told["interrupted"] = status(first.run)
        told["shown beside"] = shown(link_of(first))
        told["shown"].append(shown(server.link))

        before = first.evaluations()
        sweeps.append(second := Sweep(home, "--resume"))
        second.until(SweepFolder(first.run).is_running)
        told["shown"].append(shown(server.link))
        second.until(lambda: second.evaluations() > before and second.has_trial_with_evaluations(most=3))
        family = second.kill_everything()
        told["survivors"] = [process for process in family if process.is_running()]
        told["killed"] = status(first.run)
        told["killed at"] = time.time()
        told["shown"].append(shown(server.link))

        sweeps.append(third := Sweep(home, "--resume"))
        told["end exit"] = third.process.wait(timeout=250)
        told["end output"] = third.output()
        told["end"] = status(first.run)
        told["shown"].append(shown(server.link))
        moved = first.run.rename(first.run.with_name("moved"))
        told["shown"].append(shown(server.link))
        moved.rename(first.run)
        told["shown"].append(shown(server.link))
    return told


def link_of(sweep: Sweep) -> str:
    """Return the link that a sweep has printed."""
    found = re.search(r"^dashboard: (http://\S+)$", sweep.output(), re.MULTILINE)
    assert found is not None, sweep.output()
    return found[1]


def shown(link: str, *, after_s: float = 1.2) -> dict[str, Any] | None:
    """Return what a dashboard shows a second after a change, None where it does not answer."""
    time.sleep(after_s)
    try:
        with urlopen(f"{link}state.json", timeout=30) as answer:  # noqa: S310 - of this machine
            found: dict[str, Any] = json.load(answer)
            return found
    except URLError:
        return None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_dashboard_shows_a_sweep_that_is_interrupted_killed_resumed_and_moved(
    story: dict[str, Any],
) -> None:
    running, interrupted, resumed, killed, ended, moved, back = story["shown"]
    words = ("running", "interrupted", "resumed", "killed", "ended", "back")
    states = dict(zip(words, (running, interrupted, resumed, killed, ended, back), strict=True))
    assert {word: state["running"] for word, state in states.items()} == {
        "running": True,
        "interrupted": False,
        "resumed": True,
        "killed": False,
        "ended": False,
        "back": False,
    }
    assert all(state["problems"] == [] for state in states.values())
    for state, told in ((interrupted, "interrupted"), (killed, "killed"), (ended, "end"), (back, "end")):
        seen = [(trial["id"], trial["state"], trial["step"]) for trial in state["trials"]]
        assert seen == [(trial["id"], trial["state"], trial["step"]) for trial in story[told]["trials"]]
    assert "trials" not in moved
    assert "no sweep here" in moved["problems"][0]
    assert story["shown beside"] is None  # it ended with its sweep


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ctrl_c_ends_in_order_with_every_state_saved(story: dict[str, Any]) -> None:
    assert story["interrupt exit"] == 130, story["interrupt output"]
    assert "ending in order: trials save their state" in story["interrupt output"]
    assert "--resume" in story["interrupt output"]
    assert "Traceback" not in story["interrupt output"]
    assert not story["interrupted"]["running"]
    states = {trial["state"] for trial in story["interrupted"]["trials"]}
    assert states <= {"interrupted", "finished", "pending"}
    assert "interrupted" in states


@pytest.mark.slow
def test_status_tells_while_it_runs(story: dict[str, Any]) -> None:
    told = story["while running"]
    assert told["running"]
    assert {"id", "state", "evaluations", "metrics", "changes"} <= set(told["trials"][0])
    assert "running" in {trial["state"] for trial in told["trials"]}
    assert {"trial", "metric", "value"} <= set(told["best"])


@pytest.mark.slow
def test_status_tells_after_everything_was_killed(story: dict[str, Any]) -> None:
    assert story["survivors"] == []
    assert not story["killed"]["running"]
    assert "interrupted" in {trial["state"] for trial in story["killed"]["trials"]}


@pytest.mark.slow
def test_the_resumed_sweep_finishes_each_trial_once(story: dict[str, Any], home: Path) -> None:
    assert story["end exit"] == 0, story["end output"]
    trials = story["end"]["trials"]
    assert [(trial["id"], trial["state"]) for trial in trials] == [
        (f"{i:04d}", "finished") for i in range(TRIALS)
    ]
    for trial in trials:
        lines = (home / "run" / "trials" / trial["id"] / "metrics.jsonl").read_text().splitlines()
        steps = [json.loads(line)["step"] for line in lines]
        assert steps == list(range(EVERY, STEPS + 1, EVERY)), "each evaluation once, none missing"


@pytest.mark.slow
def test_trials_went_on_from_where_they_stood(story: dict[str, Any], home: Path) -> None:
    carried = [
        trial for trial in story["killed"]["trials"] if trial["evaluations"] and trial["state"] != "finished"
    ]
    assert carried
    for trial in carried:
        lines = (home / "run" / "trials" / trial["id"] / "metrics.jsonl").read_text().splitlines()
        early = [line for line in lines if json.loads(line)["time"] < story["killed at"]]
        assert len(early) >= trial["evaluations"] - 1, "at most the evaluation under way is made again"
        state = json.loads((home / "run" / "trials" / trial["id"] / "state.json").read_text())
        assert state["attempts"] >= 2


@pytest.mark.slow
def test_the_study_has_each_trial_once(story: dict[str, Any], home: Path) -> None:
    import optuna

    study = optuna.load_study(study_name="tiny", storage=f"sqlite:///{home / 'run' / 'study.sqlite3'}")
    assert [trial.state for trial in study.trials] == [optuna.trial.TrialState.COMPLETE] * TRIALS


@pytest.mark.slow
def test_the_end_shows_the_table_and_what_comes_next(story: dict[str, Any], home: Path) -> None:
    assert f"{TRIALS}/{TRIALS} trials done" in story["end output"]
    assert f"sweepbox export {home / 'run'}" in story["end output"]
    link = (home / "run" / "report.html").resolve().as_uri()
    assert story["end output"].rstrip().splitlines()[-1] == f"report: {link}"
    for name in ("winner.json", "report.md", "report.html", "results.parquet", "log.txt"):
        assert (home / "run" / name).is_file()
    assert len(list((home / "run").glob("trials/*/best"))) == 1


@pytest.mark.slow
def test_nothing_heavy_is_loaded_to_tell_how_it_stands(story: dict[str, Any], home: Path) -> None:
    code = (
        "import pathlib, sys; from sweepbox.tuning.sweep.reader import load_sweep; "
        "load_sweep(pathlib.Path(sys.argv[1])); "
        "print([name for name in ('tensorflow', 'keras', 'ray', 'optuna') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code, home / "run"], capture_output=True, text=True, cwd=ROOT)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "nowhere.yaml"),
        (["{home}/broken.yaml"], "broken.yaml: space.x: uniform [2.0, 1.0] must rise"),
        (["{home}/tiny.yaml", "--time-budget", "soon", "--out", "{home}/other"], "'soon' is no duration"),
        (["{home}/tiny.yaml", "--resume", "--out", "{home}/other"], "no sweep here"),
        (["{home}/tiny.yaml", "--data", "{home}/nowhere", "--out", "{home}/other"], "nowhere: no such folder"),
    ],
)
def test_bad_input_is_one_line_and_status_2(home: Path, arguments: list[str], message: str) -> None:
    (home / "broken.yaml").write_text("name: a\nbase_config: b\nspace: {x: {uniform: [2, 1]}}\n")
    ended = sweepbox("sweep", *[argument.format(home=home) for argument in arguments])
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (home / "other").exists()


def test_the_environment_is_left_alone() -> None:
    code = (
        "import os; old = dict(os.environ); import sweepbox.scripts.sweep, sweepbox.tuning.sweep.create; "
        "print(old == dict(os.environ))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=dict(os.environ)
    )
    assert told.stdout.strip() == "True"
