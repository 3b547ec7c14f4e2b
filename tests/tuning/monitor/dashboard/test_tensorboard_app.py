"""TensorBoard over the trials' logs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sweepbox.detection.training.log import EventFile
from sweepbox.tuning.monitor.dashboard import sweeps, tensorboard_app
from sweepbox.tuning.storage.folder import SweepFolder
from tests.tuning.monitor.dashboard.conftest import Client, Serve


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the folder and the event files at each request, and wait until they are read."""
    monkeypatch.setattr(sweeps, "INTERVAL_S", 0.0)
    monkeypatch.setattr(sweeps, "MOST_SHARE", 1e9)
    monkeypatch.setattr(tensorboard_app, "RELOAD_S", 0.0)
    monkeypatch.setattr(tensorboard_app, "WAIT_S", 10.0)


def data(client: Client, path: str, **query: str) -> Any:
    answer = client.request(f"/tensorboard/data/{path}" + (f"?{urlencode(query)}" if query else ""))
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def series(client: Client, run: str, tag: str) -> list[tuple[int, float]]:
    requests = json.dumps([{"plugin": "scalars", "tag": tag}])
    [found] = data(client, "plugin/timeseries/timeSeries", requests=requests)
    return [(point["step"], round(point["value"], 6)) for point in found["runToSeries"][run]]


def test_its_page_is_told_to_send_no_post_requests(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    for path in ("/tensorboard", "/tensorboard/", "/tensorboard/?darkMode=true"):
        answer = client.request(path)
        assert (answer.status, answer.headers["Location"]) == (302, "/tensorboard/?tensorboardColab=true")
    page = client.request("/tensorboard/?tensorboardColab=true")
    assert page.status == 200
    assert "TensorBoard" in page.text
    assert client.request("/tensorboard/index.js").status == 200


def test_the_trials_are_its_runs_with_their_scalars(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    assert data(client, "runs") == ["0000", "0001", "0002"]
    plugins = data(client, "plugins_listing")
    assert {name for name, plugin in plugins.items() if plugin["enabled"]} >= {
        "scalars",
        "hparams",
        "timeseries",
    }
    assert series(client, "0000", "evaluation/mAP") == [(2, 0.2), (4, 0.6), (6, 0.5)]
    assert series(client, "0000", "DetectionBoxes_Precision/mAP") == [(2, 0.2), (4, 0.6), (6, 0.5)]
    pictures = data(client, "plugin/images/images", run="0000", tag="validation/a.jpg", sample="0")
    assert [picture["step"] for picture in pictures] == [2, 4, 6]
    experiment = data(client, "plugin/hparams/experiment", request="{}")
    found = {info["name"] for info in experiment["hparamInfos"]}
    assert found == {"learning_rate", "batch_size", "random_adjust_brightness"}


def test_it_follows_the_logs(lived: Path, serve: Serve) -> None:
    client, folder = serve(lived), SweepFolder(lived)
    assert series(client, "0002", "evaluation/mAP") == [(2, 0.3), (4, 0.4)]
    EventFile(folder.trial("0002").tensorboard).add(6, {"evaluation/mAP": 0.75})
    EventFile(folder.trial("0003").tensorboard).add(2, {"evaluation/mAP": 0.5})
    assert data(client, "runs") == ["0000", "0001", "0002", "0003"]
    assert series(client, "0002", "evaluation/mAP")[-1] == (6, 0.75)
    shutil.rmtree(folder.trial("0001").path)
    data(client, "runs")
    assert data(client, "runs") == ["0000", "0002", "0003"]


def test_several_sweeps_are_told_apart_and_a_replaced_one_is_read_afresh(lived: Path, serve: Serve) -> None:
    other = Path(shutil.copytree(lived, lived.parent / "else" / "lived"))
    client = serve(lived, other)
    runs = [f"{name}/{trial}" for name in ("lived-2", "lived") for trial in ("0000", "0001", "0002")]
    assert sorted(data(client, "runs")) == runs
    moved = lived.rename(lived.with_name("moved"))
    data(client, "runs")
    assert sorted(data(client, "runs")) == runs[:3]
    moved.rename(lived)
    (lived / "base.config").write_text("# another sweep\n")
    events = SweepFolder(lived).trial("0000").tensorboard
    shutil.rmtree(events)
    EventFile(events).add(1, {"evaluation/mAP": 0.125})
    assert series(client, "lived/0000", "evaluation/mAP") == [(1, 0.125)]


def test_event_files_are_read_without_tensorflow(lived_once: Path) -> None:
    program = (
        "import sys, http.client\n"
        "from pathlib import Path\n"
        "from sweepbox.tuning.api.live_report import dashboard_of\n"
        f"with dashboard_of([Path({str(lived_once)!r})], host='127.0.0.1', port=0) as server:\n"
        "    connection = http.client.HTTPConnection(server.link.split('/')[2], timeout=60)\n"
        "    for path in ('/tensorboard/data/runs', '/dashboard', '/state.json'):\n"
        "        connection.request('GET', path)\n"
        "        print(connection.getresponse().read()[:20])\n"
        "print('tensorflow' in sys.modules, 'ray' in sys.modules)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout.splitlines()[0] == str(b'["0000", "0001", "00'), ended.stderr
    assert ended.stdout.splitlines()[-1] == "False False"
