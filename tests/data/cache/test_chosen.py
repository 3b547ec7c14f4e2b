"""Images chosen from several record sets, which are not copied."""

import numpy as np
import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.held_out import HeldOut
from sweepbox.detection.data.records import write_records
from tests.data.small_records import LABELS, varied


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> tuple[RecordSet, RecordSet]:
    """Two sets of 7 and 4 images; the second has encoded images."""
    home, records = tmp_path_factory.mktemp("sets"), varied(11)
    train = open_record_set(write_records(records[:7], LABELS, home / "a", "train", shards=2), LABELS)
    paths = write_records(records[7:], LABELS, home / "b", "validation", shards=2)
    return train, open_record_set(paths, LABELS, disk_budget_bytes=1)


def chosen(sets: tuple[RecordSet, RecordSet], *indices: list[int]) -> RecordSet:
    return RecordSet.chosen(sets, [np.array(wanted, np.int64) for wanted in indices])


def test_chosen_images_are_those_of_their_sets(sets: tuple[RecordSet, RecordSet]) -> None:
    assert [records.is_encoded for records in sets] == [False, True]
    found = chosen(sets, [0, 3, 6], [1, 3])
    places = [(0, 0), (0, 3), (0, 6), (1, 1), (1, 3)]
    assert len(found) == 5
    assert found.is_encoded
    for index, ((number, place), image) in enumerate(zip(places, found.images(range(5)), strict=True)):
        np.testing.assert_array_equal(image, sets[number].image(place))
        np.testing.assert_array_equal(found.sizes[index], sets[number].sizes[place])
        truth, expected = found.ground_truth(index), sets[number].ground_truth(place)
        np.testing.assert_array_equal(truth.boxes_yxyx, expected.boxes_yxyx)
        np.testing.assert_array_equal(truth.class_ids, expected.class_ids)
        assert found.name(index) == sets[number].name(place)
        assert found.source_ids[index] == sets[number].source_ids[place]
        assert found.dropped_text(index) == sets[number].dropped_text(place)
    ids = np.concatenate([found.ground_truth(index).class_ids for index in range(5)])
    assert found.class_counts == dict(
        zip(*map(np.ndarray.tolist, np.unique(ids, return_counts=True)), strict=True)
    )
    assert found.files.tolist() == [sets[0].files[i] for i in (0, 3, 6)] + [
        2 + sets[1].files[i] for i in (1, 3)
    ]


def test_pixels_are_not_copied(sets: tuple[RecordSet, RecordSet]) -> None:
    found = chosen(sets, [2, 4], [])
    assert np.shares_memory(found.image(1), sets[0].image(4))


def test_all_choices_have_the_same_shapes_and_their_own_fingerprint(sets: tuple[RecordSet, RecordSet]) -> None:
    choices = [chosen(sets, [0], [0]), chosen(sets, [1], [0]), chosen(sets, [0, 1], [])]
    canvas = tuple(max(records.canvas[axis] for records in sets) for axis in range(2))
    assert {(found.canvas, found.max_boxes) for found in choices} == {(canvas, 3)}
    assert len({found.fingerprint for found in (*choices, *sets)}) == 5
    assert chosen(sets, [0], [0]).fingerprint == choices[0].fingerprint


@pytest.mark.parametrize("wanted", [[1, 0], [2, 2], [7], [-1]])
def test_wrong_positions_are_refused(sets: tuple[RecordSet, RecordSet], wanted: list[int]) -> None:
    with pytest.raises(ValueError, match="ascending positions below 7"):
        chosen(sets, wanted, [])


def test_held_out_records_and_all_others(sets: tuple[RecordSet, RecordSet]) -> None:
    held_out = HeldOut((1, 5), (0,))
    train, validation = held_out.divide(*sets)
    names = [records.name(index) for records in sets for index in range(len(records))]
    places = held_out.places(sets[0]).tolist()
    assert places == [1, 5, 7]
    assert [validation.name(index) for index in range(3)] == [names[place] for place in places]
    assert sorted(
        [*(train.name(index) for index in range(len(train))), *(names[place] for place in places)]
    ) == sorted(names)
    with pytest.raises(DataError, match="4 records, but record 4 is to be held out"):
        HeldOut((), (4,)).divide(*sets)
