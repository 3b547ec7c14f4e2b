import subprocess
import sys

import numpy as np
import pytest

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.seeds import derive_seed, generator


def test_label_map_sorts_and_looks_up_classes() -> None:
    labels = LabelMap(((3, "c"), (1, "a")))
    assert labels.names == ("a", "c")
    assert labels.num_classes == 3
    assert labels.id_of("c") == 3
    assert labels.id_of("b") is None
    assert labels.name_of(2) == "class 2"


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ((), "no class"),
        (((0, "a"),), "below 1"),
        (((1, "a"), (1, "b")), "id 1"),
        (((1, "a"), (2, "a")), "name a"),
    ],
)
def test_invalid_label_map_is_rejected(items: tuple[tuple[int, str], ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LabelMap(items)


def test_class_lookup_by_either_name_prefers_the_larger_id() -> None:
    # The expected ids were obtained by running the Object Detection API's decoder on this map.
    labels = LabelMap(
        ((1, "b"), (2, "c"), (3, "a"), (4, "d"), (6, "same")), ((1, "a"), (2, "b"), (3, "c"), (6, "same"))
    )
    assert [labels.id_of(text) for text in ("a", "b", "c", "d", "same", "x", "")] == [3, 2, 3, 4, 6, None, None]
    assert labels.names == ("b", "c", "a", "d", "same")
    assert [labels.text_of(class_id) for class_id in (2, 3, 4, 6)] == ["b", "c", "d", "same"]
    with pytest.raises(ConfigError, match=r"names of class 1 \(b\) are those of larger ids"):
        labels.text_of(1)


def test_seeds_differ_by_purpose_and_are_equal_across_processes() -> None:
    assert derive_seed(1, "order", 3) != derive_seed(1, "order", "3")
    assert derive_seed(1, "order", 3) != derive_seed(2, "order", 3)
    code = "from sweepbox.detection.core.seeds import derive_seed; print(derive_seed(1, 'order', 3))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == derive_seed(1, "order", 3)
    np.testing.assert_array_equal(generator(5, "a").random(3), generator(5, "a").random(3))


def test_detections_validate_shapes() -> None:
    with pytest.raises(ValueError, match="boxes_yxyx has shape"):
        Detections(np.zeros((2, 3), np.float32), np.zeros(2, np.float32), np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="weights has shape"):
        flags = np.zeros(1, np.bool_)
        GroundTruth(np.zeros((1, 4), np.float32), np.zeros(1, np.int64), np.zeros(2, np.float32), flags, flags)


def test_detections_at_the_threshold_are_included() -> None:
    found = Detections(np.zeros((3, 4), np.float32), np.array([0.9, 0.5, 0.4], np.float32), np.array([1, 2, 3]))
    assert list(found.above(0.5).class_ids) == [1, 2]
    assert len(found) == 3
