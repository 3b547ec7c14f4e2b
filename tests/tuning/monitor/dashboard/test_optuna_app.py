"""optuna-dashboard over the records of the sweeps."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.monitor.dashboard import sweeps
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from tests.tuning.monitor.dashboard.conftest import FORMATS, Client, Serve

pytest.importorskip("optuna_dashboard")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder at each request, and have optuna-dashboard keep nothing between two."""
    monkeypatch.setattr(sweeps, "INTERVAL_S", 0.0)
    monkeypatch.setattr(sweeps, "MOST_SHARE", 1e9)

    def get_trials(_cache: object, of: Any, study_id: int) -> list[Any]:
        found: list[Any] = of.get_all_trials(study_id, deepcopy=False)
        return found

    monkeypatch.setattr("optuna_dashboard._app.get_trials", get_trials)


def studies(client: Client) -> dict[str, int]:
    answer = client.request("/api/studies")
    assert answer.status == 200
    return {study["study_name"]: study["study_id"] for study in json.loads(answer.body)["study_summaries"]}


def detail(client: Client, name: str) -> dict[str, Any]:
    answer = client.request(f"/api/studies/{studies(client)[name]}?after=0")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = json.loads(answer.body)
    return found


def states(client: Client, name: str) -> list[str]:
    return [trial["state"] for trial in detail(client, name)["trials"]]


def test_a_study_for_each_sweep_with_its_trials(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once, FORMATS / "format_1")
    assert list(studies(client)) == ["lived", "format_1"]
    found = detail(client, "lived")
    assert found["directions"] == ["minimize"]
    assert [trial["state"] for trial in found["trials"]] == ["Complete", "Complete", "Running", "Fail"]
    first = found["trials"][0]
    assert first["values"] == [pytest.approx(0.4)]
    assert [value["value"] for value in first["intermediate_values"]] == pytest.approx([0.8, 0.4, 0.5])
    assert {value["name"]: value["param_external_value"] for value in first["params"]} == {
        "learning_rate": "0.001146931435108885",
        "batch_size": "2",
        "random_adjust_brightness": "False",
    }
    assert [trial["number"] for trial in found["best_trials"]] == [0]
    csv = client.request(f"/csv/{studies(client)['lived']}").text
    assert len(csv.strip().splitlines()) == 5


def test_its_pages_and_scripts_are_answered(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    for path in ("/dashboard", "/dashboard/studies/0"):
        page = client.request(path)
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
        assert "/static/" in page.text
    assert client.request("/static/bundle.js").status == 200
    assert client.request("/static/bundle.js", Accept_Encoding="gzip").status == 200
    for path in ("/optuna", "/optuna/"):
        assert client.request(path).headers["Location"] == "/dashboard"
    assert client.request("/api/studies/99").status == 404


def test_it_follows_the_sweep(lived: Path, serve: Serve, live: Callable[..., None]) -> None:
    client, folder = serve(lived), SweepFolder(lived)
    assert detail(client, "lived")["best_trials"][0]["number"] == 0
    live(folder, "0002", [0.3, 0.4, 0.9], TrialState.FINISHED)
    shutil.copytree(folder.trial("0001").path, folder.trial("0005").path)
    found = detail(client, "lived")
    shown = [trial["state"] for trial in found["trials"]]
    assert shown == ["Complete", "Complete", "Complete", "Fail", "Fail", "Complete"]
    assert found["best_trials"][0]["number"] == 2
    live(folder, "0002", [0.3], TrialState.RUNNING)  # it was put back
    assert detail(client, "lived")["best_trials"][0]["number"] == 0


def test_a_study_is_gone_with_its_sweep_and_begins_anew_with_another(lived: Path, serve: Serve) -> None:
    client = serve(lived, FORMATS / "format_1")
    assert len(states(client, "lived")) == 4
    shutil.rmtree(lived)
    assert list(studies(client)) == ["format_1"]
    shutil.copytree(FORMATS / "format_2", lived)
    assert len(states(client, "lived")) == 3


def test_without_the_package_its_paths_say_how_to_install_it(
    lived_once: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    client = serve(lived_once)
    for path in ("/dashboard", "/api/studies"):
        answer = client.request(path)
        assert answer.status == 503
        assert "pip install 'sweepbox[dashboard]'" in answer.text
    assert client.request("/").status == 200
