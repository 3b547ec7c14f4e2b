import threading

import pytest

from sweepbox.detection.core.errors import StorageError
from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.storage.remote.mirror import Mirror
from sweepbox.tuning.storage.remote.place import Role, make_place
from sweepbox.tuning.storage.remote.store import Epoch, TornError
from tests.tuning.storage.remote.conftest import Fill

TRIAL = "trials/0000"


def mirror(uri: str, role: Role = Role.DRIVER) -> Mirror:
    return Mirror(make_place(Location(uri), role))


def publish(source: Mirror, *, epoch: int = 1, part: str = TRIAL) -> None:
    """Publish a part of a mirror as it is now."""
    before, snapshot = source.held(part), source.snapshot(part, epoch=epoch)
    source.store.publish(snapshot.manifest, snapshot.sources, before=before, check=lambda: None)
    source.record(snapshot.manifest)
    snapshot.drop()


def words(source: Mirror) -> set[str]:
    """Return the words that the files of the trial hold, all of them fetched."""
    folder = source.folder.trial("0000")
    for path in (folder.best, folder.last):
        source.materialise(path)
    texts = [path.read_bytes()[1:].decode() for path in folder.path.rglob("weights.npz")]
    return {folder.status.read_text().strip().strip('"'), *(text[: len(text) // 1000] for text in texts)}


def key_of_weights(source: Mirror) -> str:
    held = source.held(TRIAL)
    entry = None if held is None else held.entry(f"{TRIAL}/best/weights.npz")
    assert entry is not None
    return entry.key


def test_a_reader_sees_what_was_published_and_fetches_checkpoints_on_demand(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "one")
    publish(driver)
    publish(driver, part="sweep")
    reader.fetch()
    trial = reader.folder.trial("0000")
    assert trial.status.read_text() == '"one"\n'
    assert trial.best.is_dir()
    assert not (trial.best / "weights.npz").exists()
    assert words(reader) == {"one"}
    assert reader.folder.exists


def test_what_is_removed_disappears_for_readers_and_from_the_store(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "one")
    publish(driver)
    reader.fetch()
    fill(driver.folder, "two", has_state=False)
    (driver.folder.trial("0000").last / "weights.npz").unlink()
    driver.folder.trial("0000").last.rmdir()
    publish(driver)
    reader.fetch()
    assert not reader.folder.trial("0000").last.exists()
    assert words(reader) == {"two"}
    driver.store.prune(TRIAL)
    names = [item.name for item in driver.store.location.list()]
    assert [name for name in names if name.startswith("files")] == [key_of_weights(driver)]
    assert len([name for name in names if name.startswith("manifests")]) == 1


def test_a_checkpoint_that_was_not_fetched_stays_in_later_versions(uri: str, fill: Fill) -> None:
    driver, other = mirror(uri), mirror(uri, Role.TRIALS)
    fill(driver.folder, "one")
    publish(driver)
    other.fetch()
    other.folder.trial("0000").status.write_text('"two"\n')
    publish(other)
    driver.fetch()
    assert words(driver) == {"one", "two"}


def test_an_upload_without_its_manifest_is_invisible(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "one")
    publish(driver)
    fill(driver.folder, "two")

    def die() -> None:
        raise KeyboardInterrupt

    snapshot = driver.snapshot(TRIAL, epoch=1)
    with pytest.raises(KeyboardInterrupt):
        driver.store.publish(snapshot.manifest, snapshot.sources, before=driver.held(TRIAL), check=die)
    reader.fetch()
    assert words(reader) == {"one"}


def test_an_object_with_another_content_is_refused(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "one")
    publish(driver)
    driver.store.location.join(key_of_weights(driver)).write_bytes(b"torn")
    reader.fetch()
    with pytest.raises(TornError, match="has another content than its manifest says"):
        reader.materialise(reader.folder.trial("0000").best)
    assert not (reader.folder.trial("0000").best / "weights.npz").exists()


def test_readers_see_one_version_while_others_are_written(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "word000")
    publish(driver)

    def write() -> None:
        for number in range(1, 12):
            fill(driver.folder, f"word{number:03}")
            publish(driver)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        reader.fetch()
        try:
            found = words(reader)
        except StorageError:
            continue  # replaced twice since; the next look finds the newer version
        assert len(found) == 1
    writer.join()
    reader.fetch()
    assert words(reader) == {"word011"}


def test_what_is_written_under_an_earlier_epoch_does_not_count(uri: str, fill: Fill) -> None:
    old, new, reader = mirror(uri), mirror(uri, Role.TRIALS), mirror(uri, Role.READER)
    fill(old.folder, "one")
    publish(old)
    new.store.write_epoch(Epoch(2, "new", None))
    versions = {part: str(version) for part, version in new.fetch().items()}
    new.store.write_epoch(Epoch(2, "new", versions))
    fill(old.folder, "late")
    publish(old)
    fill(old.folder, "unknown", trial="0001")
    publish(old, part="trials/0001")
    reader.fetch()
    assert words(reader) == {"one"}
    assert [trial.id for trial in reader.folder.trial_folders()] == ["0000"]
    fill(new.folder, "two")
    publish(new, epoch=2)
    reader.fetch()
    assert words(reader) == {"two"}


def test_a_damaged_note_of_a_mirror_is_fetched_again(uri: str, fill: Fill) -> None:
    driver, reader = mirror(uri), mirror(uri, Role.READER)
    fill(driver.folder, "one")
    publish(driver)
    reader.fetch()
    (reader.place.manifests / f"{TRIAL}.json").write_text("{")
    again = mirror(uri, Role.READER)
    again.fetch()
    assert words(again) == {"one"}
