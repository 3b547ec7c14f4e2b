import io
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.batches import Batch, TrainingBatches, assemble, evaluation_batches
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.data.records import Record, write_records

LABELS = LabelMap.of(["cat", "dog"])
COUNT = 7


def boxes_of(index: int, count: int) -> np.ndarray:
    """Return the boxes of an image, which grow with its index."""
    return np.full((count, 4), [0.0, 0.0, 0.1 * index, 0.1 * index], np.float32)


def make_records(directory: Path, count: int, *, disk_budget_bytes: int | None = None) -> RecordSet:
    """Write and open images filled with their own index, each wider and with more objects than the last."""
    records = []
    for index in range(count):
        buffer = io.BytesIO()
        Image.fromarray(np.full((8, 10 + index, 3), index, np.uint8)).save(buffer, "PNG")
        truth = GroundTruth(
            boxes_of(index, index),
            np.full(index, 2, np.int64),
            np.full(index, 0.5, np.float32),
            np.zeros(index, bool),
            np.zeros(index, bool),
        )
        records.append(Record(buffer.getvalue(), "png", f"{index}.png", str(index), 8, 10 + index, truth))
    paths = write_records(records, LABELS, directory, "train", shards=1)
    return open_record_set(paths, LABELS, disk_budget_bytes=disk_budget_bytes)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> RecordSet:
    return make_records(tmp_path_factory.mktemp("records"), COUNT)


def batches(
    records: RecordSet, *, batch_size: int = 3, seed: int = 5, noise_columns: int = 4
) -> TrainingBatches:
    return TrainingBatches(records, batch_size=batch_size, max_boxes=4, noise_columns=noise_columns, seed=seed)


def assert_equal(first: Batch, second: Batch) -> None:
    for field in ("images", "sizes", "boxes_yxyx", "class_ids", "weights", "noise", "indices"):
        np.testing.assert_array_equal(getattr(first, field), getattr(second, field))


def test_batch_contains_the_records_on_one_canvas(records: RecordSet) -> None:
    batch = batches(records).at(0)
    assert batch.images.shape == (3, 8, 16, 3)
    for row, index in enumerate(batch.indices):
        width = 10 + index
        assert batch.sizes[row].tolist() == [8, width]
        assert (batch.images[row, :, :width] == index).all()
        assert not batch.images[row, :, width:].any()
        objects = min(index, 4)
        assert batch.class_ids[row].tolist() == [1] * objects + [0] * (4 - objects)
        assert batch.weights[row].tolist() == [0.5] * objects + [0.0] * (4 - objects)
        np.testing.assert_array_equal(
            batch.boxes_yxyx[row, :objects],
            boxes_of(index, objects),
        )
        assert not batch.boxes_yxyx[row, objects:].any()
    kinds = {
        "images": "uint8",
        "sizes": "int32",
        "boxes_yxyx": "float32",
        "class_ids": "int32",
        "weights": "float32",
    }
    for field, kind in (kinds | {"noise": "float32", "indices": "int64"}).items():
        assert getattr(batch, field).dtype == kind


def test_padding_is_zero_in_reused_memory(records: RecordSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "empty", lambda shape, dtype, **_options: np.full(shape, 255, dtype))
    batch = assemble(records, np.array([1, 2, -1]), max_boxes=4, noise=np.zeros((3, 0), np.float32))
    assert (batch.images[0, :, :11] == 1).all()
    assert not batch.images[0, :, 11:].any()
    assert not batch.images[2].any()


@settings(max_examples=30, deadline=None)
@given(batch_size=st.integers(1, 20), seed=st.integers(0, 2**31), epochs=st.integers(1, 4))
def test_every_epoch_contains_each_record_once(
    records: RecordSet, batch_size: int, seed: int, epochs: int
) -> None:
    source = batches(records, batch_size=batch_size, seed=seed)
    steps = -(-epochs * COUNT // batch_size)
    order = np.concatenate([source.indices_at(step) for step in range(steps)])[: epochs * COUNT]
    for epoch in order.reshape(epochs, COUNT):
        assert sorted(epoch.tolist()) == list(range(COUNT))


def test_batch_depends_only_on_seed_and_step(records: RecordSet) -> None:
    source = batches(records)
    forwards = [source.at(step) for step in range(12)]
    backwards = [batches(records).at(step) for step in reversed(range(12))][::-1]
    for first, second in zip(forwards, backwards, strict=True):
        assert_equal(first, second)
    orders = {tuple(batches(records, batch_size=COUNT, seed=seed).indices_at(0)) for seed in range(8)}
    assert len(orders) > 4
    epochs = {tuple(batches(records, batch_size=COUNT).indices_at(epoch)) for epoch in range(8)}
    assert len(epochs) > 4
    assert not np.array_equal(forwards[0].noise, forwards[1].noise)
    assert not np.array_equal(forwards[0].noise, batches(records, seed=6).at(0).noise)


def test_noise_is_uniform_and_independent_of_the_order(records: RecordSet) -> None:
    noise = batches(records, noise_columns=5000).at(3).noise
    assert noise.shape == (3, 5000)
    assert noise.min() >= 0
    assert noise.max() < 1
    assert noise.mean() == pytest.approx(0.5, abs=5 * np.sqrt(1 / 12 / noise.size))
    assert abs(np.corrcoef(noise)[0, 1]) < 5 / np.sqrt(5000)


def test_iteration_from_any_step_gives_the_same_batches(records: RecordSet) -> None:
    source = batches(records)
    stream = source.iterate(4)
    for step in range(4, 14):
        assert_equal(next(stream), batches(records).at(step))
    stream.close()
    assert source.waited_s > 0


def threads() -> set[threading.Thread]:
    """Return the threads that prepare batches; those of other tests' runs may be among them."""
    return {thread for thread in threading.enumerate() if thread.name == "training-batches"}


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_the_iterator_stops_its_thread(records: RecordSet, taken: int) -> None:
    before = threads()
    stream = batches(records).iterate(0, prefetch=1)
    for _ in range(taken):
        next(stream)
    started = time.monotonic()
    stream.close()
    assert not threads() - before
    assert time.monotonic() - started < 5


def test_prefetching_is_limited(records: RecordSet) -> None:
    source = batches(records)
    stream = source.iterate(0, prefetch=2)
    next(stream)
    time.sleep(0.3)
    waited = source.waited_s
    next(stream)
    next(stream)
    assert source.waited_s - waited < 0.1  # both were ready
    stream.close()


def test_error_in_the_thread_is_raised_in_the_consumer(tmp_path: Path) -> None:
    records = make_records(tmp_path, 3, disk_budget_bytes=0)
    (file,) = (tmp_path / ".sweepbox-cache").glob("*.arrow")
    content = file.read_bytes()
    with file.open("r+b") as damaged:  # in place: the mapped images are no longer PNG files
        damaged.write(content.replace(b"\x89PNG", b"gone"))
    before = threads()
    stream = batches(records).iterate(0)
    with pytest.raises(DataError, match=r"\d\.png: the image cannot be decoded"):
        next(stream)
    assert not threads() - before


def test_encoded_images_decoded_by_threads_give_the_same_batches(tmp_path: Path, records: RecordSet) -> None:
    encoded = make_records(tmp_path, COUNT, disk_budget_bytes=0)
    assert encoded.is_encoded
    decoding: set[str] = set()
    plain = encoded.image

    def image(index: int) -> np.ndarray:
        decoding.add(threading.current_thread().name)
        time.sleep(0.01)  # long enough for another thread to take the next image
        return plain(index)

    encoded.image = image  # type: ignore[method-assign]
    for step in range(6):
        assert_equal(batches(encoded, batch_size=5).at(step), batches(records, batch_size=5).at(step))
    assert len(decoding) > 1
    assert all(name.startswith("image-decoders") for name in decoding)


def test_evaluation_reads_every_record_once_in_order(records: RecordSet) -> None:
    all_batches = list(evaluation_batches(records, indices=np.arange(COUNT), batch_size=3, max_boxes=6))
    assert np.concatenate([batch.indices for batch in all_batches]).tolist() == [0, 1, 2, 3, 4, 5, 6, -1, -1]
    last = all_batches[-1]
    assert last.images.shape == all_batches[0].images.shape
    assert last.noise.shape == (3, 0)
    assert last.sizes[1:].tolist() == [[1, 1], [1, 1]]
    assert not last.images[1:].any()
    assert not last.weights[1:].any()


def test_training_without_records_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="hold no image"):
        batches(make_records(tmp_path, 0))


def test_unshuffled_records_are_read_in_file_order_with_sampling(records: RecordSet) -> None:
    plain = TrainingBatches(
        records, batch_size=3, max_boxes=4, noise_columns=0, seed=1, reading=Reading(shuffle=False)
    )
    assert [plain.indices_at(step).tolist() for step in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
    halved = TrainingBatches(
        records, batch_size=3, max_boxes=4, noise_columns=0, seed=1, reading=Reading(shuffle=False, one_of=2)
    )
    # Sampling applies to the repeated sequence, as in the OD API: each epoch of 7 skips other records.
    assert [halved.indices_at(step).tolist() for step in range(3)] == [[0, 2, 4], [6, 1, 3], [5, 0, 2]]


def test_sampling_shuffled_records_selects_every_second_record(records: RecordSet) -> None:
    every = batches(records, batch_size=1)
    halved = TrainingBatches(
        records, batch_size=1, max_boxes=4, noise_columns=0, seed=5, reading=Reading(one_of=2)
    )
    for step in range(2 * COUNT):
        assert halved.indices_at(step) == every.indices_at(2 * step)


def test_evaluation_reads_the_given_records_in_order(records: RecordSet) -> None:
    taken = list(evaluation_batches(records, indices=np.array([5, 1, 3]), batch_size=2, max_boxes=6))
    assert [batch.indices.tolist() for batch in taken] == [[5, 1], [3, -1]]
