"""The server as a whole: its port, its end, the command and the process beside a sweep."""

import http.client
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sweepbox.detection.core.errors import SweepError, UsageError
from sweepbox.scripts.dashboard_beside import dashboard_beside
from sweepbox.tuning.api.live_report import dashboard_of
from sweepbox.tuning.monitor.dashboard import sweeps
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.sweep.trial_result import TrialResult, read_trial
from tests.tuning.monitor.dashboard.conftest import FORMATS, Serve

DASHBOARD = [sys.executable, "-m", "sweepbox.scripts.dashboard"]


def answers(link: str) -> bool:
    address = urlsplit(link)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
        try:
            connection.request("GET", "/state.json")
            return connection.getresponse().status == 200
        except OSError:
            return False


def test_a_port_that_is_taken_is_an_error_with_the_remedy(lived_once: Path, serve: Serve) -> None:
    port = urlsplit(serve(lived_once).server.link).port
    assert port is not None
    with pytest.raises(UsageError, match=rf"port {port} of 127.0.0.1 is taken; .*--port 0"):
        dashboard_of([lived_once], host="127.0.0.1", port=port)


def test_an_address_that_does_not_exist_is_an_error(lived_once: Path) -> None:
    for host in ("no.such.host.invalid", "192.0.2.1"):
        with pytest.raises(UsageError, match=f"--host {host}"):
            dashboard_of([lived_once], host=host, port=0)


def test_a_folder_without_a_sweep_is_an_error_and_a_damaged_one_is_shown(lived: Path, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no sweep here"):
        dashboard_of([lived, tmp_path / "nowhere"], host="127.0.0.1", port=0)
    (lived / "sweep.json").write_text("{")
    with dashboard_of([lived], host="127.0.0.1", port=0) as server:
        assert answers(server.link)


def test_it_answers_on_ipv6(lived_once: Path) -> None:
    try:
        server = dashboard_of([lived_once], host="::1", port=0)
    except UsageError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert server.link.startswith("http://[::1]:")
        assert answers(server.link)


def test_it_ends_at_once_though_connections_are_open(lived_once: Path) -> None:
    with dashboard_of([lived_once], host="127.0.0.1", port=0) as server:
        link = server.link
        address = urlsplit(link)
        waiting = http.client.HTTPConnection("127.0.0.1", address.port or 0)
        waiting.connect()
        assert answers(link)
        began = time.monotonic()
    assert time.monotonic() - began < 1.5
    waiting.close()
    assert not answers(link)


def test_a_sweep_that_nobody_looks_at_is_not_read(
    lived: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def counted(folder: TrialFolder, objective: Objective) -> TrialResult:
        reads.append(folder.id)
        return read_trial(folder, objective)

    monkeypatch.setattr("sweepbox.tuning.sweep.watched.read_trial", counted)
    client = serve(lived)
    assert reads == []
    for _ in range(5):
        client.request("/state.json")
    assert reads == ["0000", "0001", "0002", "0003"]
    monkeypatch.setattr(sweeps, "INTERVAL_S", 0.0)
    time.sleep(1.1)  # the first reading is not older
    with (lived / "trials" / "0002" / "metrics.jsonl").open("a") as file:
        file.write('{"evaluation": ')
    client.request("/state.json")
    assert reads[4:] == ["0002"]


def test_the_command_prints_its_link_and_ctrl_c_ends_it_at_once(lived_once: Path) -> None:
    with subprocess.Popen(
        [*DASHBOARD, str(lived_once), str(FORMATS / "format_1"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", link)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert time.monotonic() - began < 5
    assert (process.returncode, errors) == (130, "")


@pytest.mark.slow
def test_beside_a_sweep_it_prints_its_link_and_ends_with_it(lived: Path) -> None:
    said: list[str] = []
    with dashboard_beside(lived, said.append):
        deadline = time.monotonic() + 60
        while not said:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        link = said[0].removeprefix("dashboard: ")
        assert answers(link)
        shutil.rmtree(lived)
        assert answers(link)
    assert not answers(link)
    with dashboard_beside(lived, said.append):  # what cannot start is told, and harms nobody
        while len(said) < 2:
            time.sleep(0.05)
    assert "no dashboard: error:" in said[1]
    assert "no sweep here" in said[1]


@pytest.mark.slow
def test_beside_a_process_that_is_killed_it_ends(lived: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from sweepbox.scripts.dashboard_beside import dashboard_beside\n"
        f"with dashboard_beside(Path({str(lived)!r}), lambda line: print(line, flush=True)):\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip().removeprefix("dashboard: ")
        assert answers(link)
        process.kill()
    deadline = time.monotonic() + 30
    while answers(link):
        assert time.monotonic() < deadline
        time.sleep(0.1)
