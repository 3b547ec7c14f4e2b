"""The server's own pages: one sweep, several, and whatever happens to their folders."""

import gzip
import json
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.monitor.dashboard import sweeps
from sweepbox.tuning.monitor.dashboard.sweeps import ShownSweep, unique_names
from sweepbox.tuning.report.build import report_model
from sweepbox.tuning.report.model.report import to_json
from sweepbox.tuning.report.model.sections import ReportSections
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState
from tests.tuning.monitor.dashboard.conftest import FORMATS, HOSTILE, Client, Serve


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder at each request."""
    monkeypatch.setattr(sweeps, "INTERVAL_S", 0.0)
    monkeypatch.setattr(sweeps, "MOST_SHARE", 1e9)


def state_of(client: Client, path: str = "/state.json") -> dict[str, Any]:
    answer = client.request(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(answer.body)
    return found


def test_the_state_is_that_of_the_status_command(lived: Path, serve: Serve) -> None:
    state = state_of(serve(lived))
    told = to_json(report_model(load_sweep(lived), now=state["written"]))
    assert state.pop("problems") == []
    slow = {"search", "data", "detector", "paired"}
    assert {name: value for name, value in state.items() if name not in slow} == json.loads(
        json.dumps({name: value for name, value in told.items() if name not in slow})
    )


def until_slow_sections(client: Client) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (state := state_of(client))["search"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


def test_slow_sections_of_the_report_come_later(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    tag = client.request("/state.json").headers["ETag"]
    state = until_slow_sections(client)
    assert state["search"]["note"].startswith("Not computed")
    assert client.request("/state.json", If_None_Match=tag).status == 200


def test_texts_of_files_are_escaped(lived: Path, serve: Serve) -> None:
    page = serve(lived).request("/").text
    assert HOSTILE not in page
    assert "\\u003cscript>alert" in page


def test_a_browser_that_has_the_state_gets_304_until_a_file_changes(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    until_slow_sections(client)
    tag = client.request("/state.json").headers["ETag"]
    again = client.request("/state.json", If_None_Match=f'"other", W/{tag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    trial = SweepFolder(lived).trial("0002")
    write_status(trial, replace(read_status(trial), step=5))
    changed = client.request("/state.json", If_None_Match=tag)
    assert changed.status == 200
    assert json.loads(changed.body)["trials"][2]["step"] == 5


def test_what_is_written_after_the_end_of_a_sweep_is_shown(
    lived: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepbox.tuning.api.live_report.SECTIONS_S", 0.0)
    told: list[bool] = []

    def sections(state: SweepState) -> ReportSections:
        told.append(state.folder.detector.exists())
        return ReportSections(detector={"seen": told[-1]})

    monkeypatch.setattr("sweepbox.tuning.api.live_report.report_sections", sections)
    client = serve(lived)
    deadline = time.monotonic() + 60
    for seen in (False, True):
        while state_of(client)["detector"] != {"seen": seen}:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if not seen:
            (lived / "detector.json").write_text("{}")
    for _ in range(3):
        state_of(client)
    assert told == [False, True]


def test_the_state_is_compressed_for_those_who_accept_it(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    until_slow_sections(client)
    plain, packed = client.request("/state.json"), client.request("/state.json", Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] == plain.headers["ETag"]


def test_a_sweep_whose_model_is_costly_is_looked_at_less_often(
    lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MOST_SHARE", 0.25)

    class Slow:
        revision = 0

        def __call__(self, state: SweepState) -> dict[str, Any]:
            end = time.thread_time() + 0.05
            while time.thread_time() < end:
                pass
            return {"name": state.spec.name}

    now = [0.0]
    sweep = ShownSweep("lived", lived, Slow(), clock=lambda: now[0])
    first = sweep.document()
    trial = SweepFolder(lived).trial("0002")
    write_status(trial, replace(read_status(trial), step=5))
    before = sweep.reading()
    now[0] = 0.05 / sweeps.MOST_SHARE - 0.01
    assert sweep.document() is first
    now[0] = 60.0
    assert sweep.reading() is not before


def test_a_running_sweep_is_shown_as_such(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    assert state_of(client)["trials"][2]["state"] == "interrupted"
    with SweepFolder(lived).held():
        state = state_of(client)
    assert (state["running"], state["trials"][2]["state"]) == (True, "running")
    assert state_of(client)["running"] is False


def test_three_sessions_of_a_sweep(lived: Path, serve: Serve, live: Callable[..., None]) -> None:
    client, folder = serve(lived), SweepFolder(lived)
    for values in ([0.3], [0.3, 0.4], [0.3, 0.4, 0.7]):
        with ExitStack() as session:
            session.enter_context(folder.held())
            live(folder, "0002", values, TrialState.RUNNING)
            trial = state_of(client)["trials"][2]
            assert (trial["state"], trial["evaluations"]) == ("running", len(values))
        assert state_of(client)["trials"][2]["state"] == "interrupted"
    assert state_of(client)["best"]["value"] == pytest.approx(0.3)


def test_a_folder_that_is_deleted_and_comes_back(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    moved = lived.rename(lived.with_name("moved"))
    [problem] = state_of(client)["problems"]
    assert problem.startswith(f"{lived}: no sweep here")
    assert "no sweep here" in client.request("/").text
    moved.rename(lived)
    assert len(state_of(client)["trials"]) == 4


def test_a_folder_that_another_sweep_takes(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    assert len(state_of(client)["trials"]) == 4
    shutil.rmtree(lived)
    shutil.copytree(FORMATS / "format_1", lived)
    state = state_of(client)
    assert (state["name"], len(state["trials"]), state["problems"]) == ("format_1", 3, [])


def test_a_damaged_trial_is_named_and_the_others_are_shown(lived: Path, serve: Serve) -> None:
    client = serve(lived)
    path = SweepFolder(lived).trial("0001").status
    text = path.read_text()
    path.write_text(f"{{{HOSTILE}")
    states = [state_of(client) for _ in range(2)]  # what is damaged only once may be half written
    assert [len(state["trials"]) for state in states] == [3, 3]
    assert states[0]["problems"] == []
    [problem] = states[1]["problems"]
    assert problem.startswith(f"{path}: damaged")
    path.write_text(text)
    healed = state_of(client)
    assert (len(healed["trials"]), healed["problems"]) == (4, [])


@pytest.mark.parametrize("name", ["sweep.yaml", "sweep.json", "winner.json"])
def test_a_damaged_file_of_the_sweep_is_told(lived: Path, serve: Serve, name: str) -> None:
    client = serve(lived)
    (lived / name).write_text(HOSTILE)
    [problem] = state_of(client)["problems"]
    assert name in problem
    page = client.request("/").text
    assert name in page
    assert "<script>" not in page


def test_several_sweeps_of_equal_names(lived: Path, serve: Serve, tmp_path: Path) -> None:
    other = Path(shutil.copytree(lived, tmp_path / "else" / "lived"))
    trial = SweepFolder(other).trial("0002")
    write_status(trial, replace(read_status(trial), step=5))
    client = serve(lived, other)
    page = client.request("/").text
    assert page.count("<tr>") == 3
    for name, step in (("lived", 4), ("lived-2", 5)):
        assert f'href="/runs/{name}/"' in page
        assert client.request(f"/runs/{name}/").status == 200
        assert state_of(client, f"/runs/{name}/state.json")["trials"][2]["step"] == step
    assert client.request("/runs/lived").headers["Location"] == "/runs/lived/"
    assert client.request("/runs/lived-3/").status == 404
    assert client.request("/state.json").status == 404


def test_a_folder_with_a_hostile_name(lived: Path, serve: Serve, tmp_path: Path) -> None:
    hostile = tmp_path / "a b&<i>é"
    shutil.copytree(lived, hostile)
    client = serve(lived, hostile)
    page = client.request("/").text
    assert "<i>" not in page
    link = "/runs/a%20b%26%3Ci%3E%C3%A9/"
    assert f'href="{link}"' in page
    assert client.request(link).status == 200
    shutil.rmtree(hostile)
    assert "no sweep here" in client.request("/").text


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a"], ["a"]),
        (["a", "b", "a", "a"], ["a", "b", "a-2", "a-3"]),
        (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
    ],
)
def test_names_are_made_unique(names: list[str], unique: list[str]) -> None:
    assert unique_names(names) == unique
