import threading

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.remote.lease import DriverLease, read_lease
from sweepbox.tuning.storage.remote.store import SupersededError, SweepStore


class Clock:
    """A clock that only `sleep` moves; drivers may beat meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.alive: list[DriverLease] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for lease in self.alive:
            lease.beat()


def lease(store: SweepStore, clock: Clock) -> DriverLease:
    return DriverLease(store, clock=clock, sleep=clock.sleep)


def test_epochs_rise_and_nobody_waits_for_a_driver_that_has_ended(store: SweepStore) -> None:
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.acquire()
    first.release()
    before = clock.now
    second.acquire()
    assert (first.epoch, second.epoch) == (1, 2)
    assert clock.now - before < 10.0
    assert store.epochs() == (1, 2)


def test_a_driver_that_lives_keeps_its_lease(store: SweepStore) -> None:
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.acquire()
    clock.alive.append(first)
    with pytest.raises(SweepError, match=r"another process runs this sweep .*--take-over"):
        second.acquire()
    first.beat()
    assert first.lost_to is None


def test_a_driver_that_misses_three_beats_loses_its_lease(store: SweepStore) -> None:
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.acquire()
    before = clock.now
    second.acquire()
    assert clock.now - before >= 30.0
    assert second.epoch == 2
    first.beat()
    assert first.lost_to is not None
    assert "has taken the sweep over (epoch 2, here 1)" in first.lost_to
    first.release()
    kept = read_lease(store)
    assert kept is not None
    assert (kept.owner, kept.is_released) == (second.owner, False)


def test_take_over_does_not_wait(store: SweepStore) -> None:
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.acquire()
    before = clock.now
    second.acquire(take_over=True)
    assert clock.now - before < 10.0
    with pytest.raises(SupersededError, match="epoch 2, here 1"):
        store.check_epoch(first.epoch)


def test_a_late_beat_of_an_earlier_driver_changes_nothing(store: SweepStore) -> None:
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.acquire()
    late = store.location.join("driver.json").read_bytes()
    second.acquire(take_over=True)
    store.location.join("driver.json").write_bytes(late)
    second.beat()
    first.beat()
    assert second.lost_to is None
    assert first.lost_to is not None


def test_of_drivers_that_start_together_one_holds_the_lease(store: SweepStore) -> None:
    results: list[str] = []
    barrier = threading.Barrier(6)

    def drive() -> None:
        mine = DriverLease(store)
        barrier.wait()
        try:
            mine.acquire()
        except SweepError:
            results.append("refused")
        else:
            mine.beat()
            results.append("held" if mine.lost_to is None else "lost")

    threads = [threading.Thread(target=drive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert results.count("held") == 1


def test_a_damaged_lease_names_the_remedy(store: SweepStore) -> None:
    clock = Clock()
    store.location.join("driver.json").write_bytes(b"{")
    with pytest.raises(SweepError, match="--take-over"):
        lease(store, clock).acquire()
    taken = lease(store, clock)
    taken.acquire(take_over=True)
    assert taken.epoch == 1
