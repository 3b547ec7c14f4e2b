import threading

import pytest

from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.tuning.storage.remote import publisher as module
from sweepbox.tuning.storage.remote.manifest import Version
from sweepbox.tuning.storage.remote.mirror import Mirror
from sweepbox.tuning.storage.remote.place import Role, make_place
from sweepbox.tuning.storage.remote.publisher import Publisher
from sweepbox.tuning.storage.remote.store import Epoch
from tests.tuning.storage.remote.conftest import Fill

TRIAL = "trials/0000"


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _no_retries_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all waiting to the publisher, whose clock is the test's."""
    monkeypatch.setattr(module, "ONE_TRY", Retry(deadline_s=0.0))


def submit(source: Mirror, publisher: Publisher, *, after: Version | None = None) -> Version:
    snapshot = source.snapshot(TRIAL, epoch=1)
    source.record(snapshot.manifest)
    publisher.submit(snapshot, after=after)
    return snapshot.manifest.version


def test_ten_minutes_without_the_store_lose_nothing(
    unreliable_uri: str, away: threading.Event, fill: Fill
) -> None:
    clock = Clock()
    worker = Mirror(make_place(Location(unreliable_uri), Role.TRIALS))
    publisher = Publisher(worker.store, 1, clock=clock)
    away.set()
    attempts = 0
    for second in range(600):
        clock.now = float(second)
        if second % 60 == 0:
            fill(worker.folder, f"evaluation {second}")
            last = submit(worker, publisher)
        attempts += publisher.step() == 0.0
    assert 10 <= attempts <= 100, "it is tried again, less and less often"
    assert publisher.unsaved()[TRIAL] > 590.0
    assert "the store does not answer" in str(publisher.problem)
    away.clear()
    while publisher.unsaved():
        clock.now += publisher.step()
    assert publisher.problem is None
    assert worker.store.versions() == {TRIAL: last}
    assert not list(worker.place.root.glob(".upload-*")), "temporary files are removed"
    reader = Mirror(make_place(Location(unreliable_uri), Role.READER))
    reader.fetch()
    assert reader.folder.trial("0000").status.read_text() == '"evaluation 540"\n'


def test_nothing_is_published_after_another_driver_has_taken_over(uri: str, fill: Fill) -> None:
    worker = Mirror(make_place(Location(uri), Role.TRIALS))
    publisher = Publisher(worker.store, 1)
    fill(worker.folder, "one")
    submit(worker, publisher)
    publisher.step()
    worker.store.write_epoch(Epoch(2, "elsewhere", None))
    fill(worker.folder, "two")
    submit(worker, publisher)
    publisher.step()
    assert "elsewhere has taken this sweep over (epoch 2, here 1)" in str(publisher.superseded)
    assert not publisher.wait(10.0)
    assert worker.store.version(TRIAL) == Version(1, 1)


def test_a_version_waits_for_the_one_that_it_builds_on(uri: str, fill: Fill) -> None:
    clock = Clock()
    worker = Mirror(make_place(Location(uri), Role.TRIALS))
    driver = Mirror(make_place(Location(uri), Role.DRIVER))
    theirs, ours = Publisher(worker.store, 1, clock=clock), Publisher(driver.store, 1, clock=clock)
    fill(worker.folder, "one")
    base = submit(worker, theirs)
    reported = worker.held(TRIAL)
    assert reported is not None
    driver.apply(reported, may_download=False)
    driver.folder.trial("0000").status.write_text('"closed"\n')
    mine = submit(driver, ours, after=base)
    ours.step()
    assert "has not been published yet" in str(ours.problem)
    assert driver.store.versions() == {}
    theirs.step()
    clock.now += 60.0
    ours.step()
    assert driver.store.versions() == {TRIAL: mine}
    reader = Mirror(make_place(Location(uri), Role.READER))
    reader.fetch()
    reader.materialise(reader.folder.trial("0000").best)
    assert (reader.folder.trial("0000").best / "weights.npz").is_file()


def test_a_thread_publishes_and_close_waits_for_it(uri: str, fill: Fill) -> None:
    worker = Mirror(make_place(Location(uri), Role.TRIALS))
    publisher = Publisher(worker.store, 1)
    publisher.start()
    for number in range(5):
        fill(worker.folder, f"word {number}")
        last = submit(worker, publisher)
    assert publisher.close(60.0)
    assert worker.store.version(TRIAL) == last


def test_close_gives_up_after_its_limit(unreliable_uri: str, away: threading.Event, fill: Fill) -> None:
    worker = Mirror(make_place(Location(unreliable_uri), Role.TRIALS))
    publisher = Publisher(worker.store, 1)
    publisher.start()
    away.set()
    fill(worker.folder, "one")
    submit(worker, publisher)
    assert not publisher.close(0.3)
    assert not list(worker.place.root.glob(".upload-*"))
