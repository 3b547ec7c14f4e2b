import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.remote import driver as driver_module
from sweepbox.tuning.storage.remote import lease as lease_module
from sweepbox.tuning.storage.remote import node as node_module
from sweepbox.tuning.storage.remote import place as place_module
from sweepbox.tuning.storage.remote.content import had_content
from sweepbox.tuning.storage.remote.driver import SweepDriver, driver_of
from sweepbox.tuning.storage.remote.manifest import Version
from sweepbox.tuning.storage.remote.node import NodeOrder, NodeSweep, NodeTrial
from sweepbox.tuning.storage.remote.reader import local_sweep, pass_requests_on
from sweepbox.tuning.storage.remote.store import SweepStore
from tests.tuning.storage.remote.conftest import Fill

Machine = Callable[[str], None]


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "LOOP_S", 0.05)
    monkeypatch.setattr(node_module, "POLL_S", 0.05)
    monkeypatch.setattr(lease_module, "SETTLE_S", 0.0)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a function after which this process is on another machine: that has a cache of its own."""
    return lambda name: monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / name))


@contextmanager
def driving(uri: str, fill: Fill | None = None, *, take_over: bool = False) -> Iterator[SweepDriver]:
    """Drive a sweep, which has one trial of its own where it is new."""
    driver = SweepDriver(uri)
    with driver.driving(take_over=take_over):
        if fill is not None:
            fill(driver.folder, "new")
            shutil.rmtree(driver.folder.trial("0000").last)
            shutil.rmtree(driver.folder.trial("0000").best)
        driver.flush()
        yield driver


def working(order: NodeOrder) -> tuple[NodeSweep, NodeTrial]:
    sweep = NodeSweep(order)
    return sweep, NodeTrial(sweep, order, "0000")


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def contents(trial: TrialFolder) -> dict[str, bytes]:
    files = (path for path in trial.path.rglob("*") if path.is_file())
    return {path.relative_to(trial.path).as_posix(): path.read_bytes() for path in files}


def test_a_trial_goes_from_the_driver_to_a_node_and_back_and_to_another_driver(
    uri: str, fill: Fill, machine: Machine
) -> None:
    with driving(uri, fill) as driver:
        assert driver_of(driver.folder) is driver
        order = driver.hand_out("0000")
        machine("node")
        sweep, trial = working(order)
        assert contents(sweep.folder.trial("0000")) == {"state.json": b'"new"\n'}
        fill(sweep.folder, "trained")
        driver.receive(trial.published())
        mine = driver.folder.trial("0000")
        assert mine.status.read_text() == '"trained"\n'
        assert mine.best.is_dir()
        assert mine.last.is_dir()
        mine.status.write_text('"closed"\n')
        shutil.rmtree(mine.last)
        driver.let_go("0000")
        trial.close()
        machine("other node")
        elsewhere = local_sweep(uri)
        until(lambda: b'"closed"\n' in contents(NodeSweep(order).prepare("0000")).values())
    assert driver_of(driver.folder) is None
    machine("another driver")
    with driving(uri) as second:
        assert second.order().epoch == 2
        found = second.folder.trial("0000")
        assert found.status.read_text() == '"closed"\n'
        assert not found.last.exists()
        assert elsewhere.is_dir()
        machine("third node")
        prepared = NodeSweep(second.hand_out("0000")).prepare("0000", best=True)
        assert (prepared.best / "weights.npz").read_bytes() == b"\xff" + b"trained" * 1000
    left = [item.name for item in SweepStore(Location(uri)).location.join("files").list()]
    assert not [name for name in left if "/last/" in name], "saved states of ended trials are deleted"


def test_a_node_continues_with_the_state_that_another_one_saved(uri: str, fill: Fill, machine: Machine) -> None:
    with driving(uri, fill) as driver:
        order = driver.hand_out("0000")
        machine("first node")
        sweep, trial = working(order)
        fill(sweep.folder, "saved")
        trial.published()
        trial.close()
        fill(sweep.folder, "lost")  # after the last version: the node dies
        machine("second node")
        other, continued = working(order)
        weights = other.folder.trial("0000").last / "weights.npz"
        assert weights.read_bytes() == b"\xff" + b"saved" * 1000
        continued.close()
        driver.recover("0000")
        assert driver.folder.trial("0000").status.read_text() == '"saved"\n'


def test_uploads_that_came_to_no_manifest_are_deleted_when_the_driver_ends(uri: str, fill: Fill) -> None:
    trials = Location(uri).join("files/trials")
    with driving(uri, fill) as driver:
        (driver.folder.trial("0000").best / "weights.npz").parent.mkdir()
        (driver.folder.trial("0000").best / "weights.npz").write_bytes(b"\xff" * 100)
        driver.flush()
        [kept] = [item.name for item in trials.list()]
        trials.join("0000/last/optimizer.npz.0123456789").write_bytes(b"of a worker that was killed")
    assert [item.name for item in trials.list()] == [kept]


def test_a_worker_that_was_cut_off_does_not_undo_what_the_next_one_writes(
    uri: str, fill: Fill, machine: Machine
) -> None:
    with driving(uri, fill) as driver:
        machine("first node")
        sweep, cut_off = working(driver.hand_out("0000"))
        fill(sweep.folder, "first")
        cut_off.published()
        machine("driver")
        driver.recover("0000")  # its node is gone, as far as the driver can tell
        order = driver.hand_out("0000")
        machine("second node")
        other, second = working(order)
        for number in range(5):
            machine("first node")
            fill(sweep.folder, f"late {number}")
            cut_off.published()
        machine("second node")
        fill(other.folder, "second")
        second.published()
        second.close()
        machine("first node")
        fill(sweep.folder, "too late")
        cut_off.published()
        cut_off.close()
        machine("reader")
        assert (local_sweep(uri) / "trials/0000/state.json").read_text() == '"second"\n'
        machine("driver")
        driver.recover("0000")
        driver.folder.trial("0000").status.write_text('"failed"\n')
        driver.flush()
        machine("first node")
        fill(sweep.folder, "much too late")
        cut_off.published()
        machine("reader")
        assert (local_sweep(uri) / "trials/0000/state.json").read_text() == '"failed"\n'


def test_what_an_evaluation_on_a_node_wrote_comes_to_the_driver(uri: str, fill: Fill, machine: Machine) -> None:
    with driving(uri, fill) as driver:
        fill(driver.folder, "trained")
        driver.flush()
        order = driver.order()
        machine("node")
        sweep = NodeSweep(order)
        prepared = sweep.prepare("0000", best=True)
        assert (prepared.best / "weights.npz").is_file()
        prepared.matches("validation").write_bytes(b"\xffmatches")
        sweep.folder.detector.write_text("{}")
        sweep.publish_evaluated("0000")
        driver.fetch_evaluated(["0000"])
        assert driver.folder.trial("0000").matches("validation").read_bytes() == b"\xffmatches"
        assert driver.folder.detector.read_text() == "{}"
        driver.folder.winner.write_text("{}")
        driver.flush()


def test_a_state_that_is_being_uploaded_is_waited_for(
    uri: str, fill: Fill, machine: Machine, tmp_path: Path
) -> None:
    machine("cache")
    with driving(uri, fill) as driver:
        order = driver.hand_out("0000")
        machine("node")
        node = NodeSweep(order)
        node.prepare("0000")
        fill(node.folder, "saved")
        snapshot = node._mirror.snapshot("trials/0000", epoch=1)
        machine("cache")
        driver.receive(snapshot.manifest.to_text())
        state = driver.folder.trial("0000").last
        assert not had_content(state, wait_s=0.0)

        def upload(_seconds: float) -> None:
            before = node._mirror.held("trials/0000")
            node._mirror.store.publish(snapshot.manifest, snapshot.sources, before=before, check=lambda: None)

        assert had_content(state, sleep=upload)
        assert (state / "weights.npz").read_bytes() == b"\xff" + b"saved" * 1000
        snapshot.drop()


def test_the_driver_that_lost_its_sweep_publishes_nothing_and_its_trials_stop(
    uri: str, fill: Fill, machine: Machine
) -> None:
    told: list[str] = []
    with driving(uri, fill) as first:
        first.lost = told.append
        machine("node")
        sweep, trial = working(first.hand_out("0000"))
        fill(sweep.folder, "one")
        first.receive(trial.published())
        assert trial.close() is None
        machine("node again")
        sweep, trial = working(first.hand_out("0000"))
        machine("second driver")
        with driving(uri, take_over=True) as second:
            until(lambda: bool(told))
            assert "has taken the sweep over (epoch 2, here 1)" in told[0]
            until(sweep.folder.stop_request.exists)
            fill(sweep.folder, "late")
            trial.published()
            first.let_go("0000")
            first.folder.trial("0000").status.write_text('"late"\n')
            (first.folder.path / "sweep.yaml").write_text("name: late\n")
            trial.close(5.0)
            until(lambda: not first._with_workers)
            machine("reader")
            reader = local_sweep(uri)
            assert (reader / "trials/0000/state.json").read_text() == '"one"\n'
            assert (reader / "sweep.yaml").read_text() == "name: tiny\n"
            with pytest.raises(SweepError):
                first.flush()
            assert second.folder.trial("0000").status.read_text() == '"one"\n'
    assert len(told) == 1


def test_the_user_is_told_what_is_unsaved_and_when_all_is_saved_again(
    unreliable_uri: str, away: threading.Event, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_module, "SLOW_S", 0.2)
    monkeypatch.setattr(driver_module, "END_S", 10.0)
    monkeypatch.setattr(place_module, "PATIENCE", Retry(deadline_s=0.0))
    told: list[str] = []
    driver = SweepDriver(unreliable_uri, notify=told.append)
    with driver.driving():
        fill(driver.folder, "one")
        driver.flush()
        away.set()
        fill(driver.folder, "two")
        until(lambda: any("the store does not answer" in line for line in told))
        assert all("unsaved since" in line and "trials go on, and it is tried again" in line for line in told)
        away.clear()
        until(lambda: told[-1].endswith("all is saved again"))
    assert SweepStore(Location(unreliable_uri)).version("trials/0000") == Version(1, 2)


def test_requests_from_elsewhere_reach_driver_and_trials_and_are_taken_once(
    uri: str, fill: Fill, machine: Machine
) -> None:
    with driving(uri, fill) as driver:
        machine("node")
        sweep, trial = working(driver.hand_out("0000"))
        machine("reader")
        reader = local_sweep(uri)
        (reader / "trials/0000/stop").write_text("a request\n")
        (reader / "stop").write_text("a request\n")
        pass_requests_on(reader)
        assert not (reader / "stop").exists()
        for folder in (driver.folder, sweep.folder):
            until(folder.stop_request.exists)
            until(folder.trial("0000").stop_request.exists)
        driver.folder.stop_request.unlink()
        driver.folder.trial("0000").stop_request.unlink()
        until(lambda: not sweep.folder.stop_request.exists())
        until(lambda: not sweep.folder.trial("0000").stop_request.exists())
        time.sleep(0.3)
        assert not driver.folder.stop_request.exists()
        driver.folder.request_stop("interrupt")
        until(sweep.folder.stop_request.exists)
        trial.close()
    with driving(uri) as driver:
        assert not driver.folder.stop_request.exists(), "a new driver begins without a request to stop"


def test_a_driver_that_is_silent_is_replaced_and_a_reader_sees_who_runs(
    uri: str, fill: Fill, machine: Machine
) -> None:
    from sweepbox.tuning.storage.folder import SweepFolder

    with driving(uri, fill):
        machine("reader")
        assert SweepFolder(local_sweep(uri)).is_running()
        machine("driver")
        with pytest.raises(SweepError, match="another process runs this sweep"):
            SweepDriver(uri, lease=_impatient(uri)).driving().__enter__()
    machine("reader")
    assert not SweepFolder(local_sweep(uri)).is_running()


def _impatient(uri: str) -> lease_module.DriverLease:
    """Return a lease whose clock runs fast, for a driver whose beats are not waited for."""
    store = SweepStore(Location(uri))

    def beat(_seconds: float) -> None:
        kept = lease_module.read_lease(store)
        assert kept is not None
        content = {**kept.__dict__, "beat": kept.beat + 1}
        import json

        store.location.join("driver.json").write_bytes(json.dumps(content).encode())

    return lease_module.DriverLease(store, sleep=beat)
