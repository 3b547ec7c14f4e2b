"""The detector with the golden model, and with models that are not detectors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.images import ORIENTATION_TAG

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small" / "golden.npz"


@pytest.fixture
def detector(golden_detector: Detector) -> Detector:
    return golden_detector


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    with np.load(GOLDEN) as golden:
        return np.asarray(golden["image_uint8"][0])


def test_detections_of_an_array(detector: Detector, image: np.ndarray) -> None:
    found = detector.detect(image)
    with np.load(GOLDEN) as golden:
        count = int(golden["post/num_detections"][0])
        assert len(found) == count
        np.testing.assert_allclose(
            found.scores, golden["post/detection_scores"][0, :count], atol=1e-5, rtol=1e-4
        )
        assert found.class_ids.tolist() == (golden["post/detection_classes"][0, :count] + 1).tolist()
    assert found.boxes_yxyx.dtype == np.float32
    assert found.class_ids.dtype == np.int64


def test_detections_with_at_least_the_threshold_are_kept(detector: Detector, image: np.ndarray) -> None:
    everything = detector.detect(image)
    threshold = float(everything.scores[2])
    assert len(detector.detect(image, threshold=threshold)) == 3


def test_a_file_has_the_same_detections_as_its_pixels(
    detector: Detector, image: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(image).save(tmp_path / "a.png")
    expected = detector.detect(image).boxes_yxyx
    for picture in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(image)):
        np.testing.assert_array_equal(detector(picture).boxes_yxyx, expected)


def test_a_pillow_image_is_turned_upright(detector: Detector, image: np.ndarray) -> None:
    turned = Image.fromarray(np.rot90(image, -1))
    turned.getexif()[ORIENTATION_TAG] = 8
    np.testing.assert_array_equal(detector(turned).boxes_yxyx, detector(image).boxes_yxyx)


def test_the_classes_are_those_of_the_label_map_beside_the_model(
    golden_export: Path, detector: Detector, image: np.ndarray
) -> None:
    assert detector.labels is not None
    assert detector.labels.names == ("with_mask", "without_mask", "mask_weared_incorrect")
    found = detector(image)
    assert found.class_names == tuple(detector.labels.name_of(int(id_)) for id_ in found.class_ids)
    assert found.above(0.5).labels == detector.labels
    assert Detector(str(golden_export / "saved_model")).labels == detector.labels


def test_other_classes_may_be_given(export_copy: Path, image: np.ndarray) -> None:
    (export_copy / "label_map.pbtxt").rename(export_copy / "other.pbtxt")
    unnamed = Detector(export_copy)
    assert unnamed.labels is None
    assert set(unnamed(image).class_names) <= {"class 1", "class 2", "class 3"}
    assert Detector(export_copy, labels=str(export_copy / "other.pbtxt")).labels is not None
    assert Detector(export_copy, labels=LabelMap.of("ab")).labels == LabelMap.of("ab")


def test_the_saved_model_folder_is_accepted(golden_export: Path, image: np.ndarray, detector: Detector) -> None:
    other = Detector(golden_export / "saved_model")
    np.testing.assert_array_equal(other.detect(image).scores, detector.detect(image).scores)


@pytest.mark.parametrize("shape", [(1, 1, 3), (30, 500, 3)])
def test_images_of_any_size(detector: Detector, shape: tuple[int, ...]) -> None:
    assert (detector.detect(np.full(shape, 128, np.uint8)).boxes_yxyx <= 1).all()


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_arrays_are_refused(detector: Detector, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        detector.detect(bad)


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no saved_model\.pb in it"):
        Detector(tmp_path)
    with pytest.raises(ModelError, match="there is no such folder"):
        Detector(tmp_path / "absent")


def _tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("saved_model.pb", _tear),
        ("saved_model.pb", lambda path: path.write_bytes(b"")),
        ("saved_model.pb", lambda path: path.write_bytes(b"\x00" * 4000)),
        ("variables/variables.index", Path.unlink),
        ("variables/variables.index", _tear),
        ("variables/variables.data-00000-of-00001", Path.unlink),
        ("variables/variables.data-00000-of-00001", _tear),
    ],
    ids=["torn", "empty", "zeros", "no index", "torn index", "no variables", "torn variables"],
)
def test_a_damaged_model_is_refused(export_copy: Path, name: str, damage: Callable[[Path], object]) -> None:
    damage(export_copy / "saved_model" / name)
    with pytest.raises(ModelError, match=r"saved_model: .*(damaged|signature)"):
        Detector(export_copy)


def _save(folder: Path, function: Callable[..., object], *specs: tf.TensorSpec) -> Path:
    module = tf.Module()
    module.call = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.call})
    return folder


OUTPUTS = {
    "detection_boxes": tf.zeros([1, 1, 4]),
    "detection_scores": tf.zeros([1, 1]),
    "detection_classes": tf.ones([1, 1]),
    "num_detections": tf.zeros([1]),
}


def test_a_model_that_is_not_a_detector_is_refused(tmp_path: Path) -> None:
    spec = tf.TensorSpec([1, None, None, 3], tf.uint8, name="input_tensor")
    folder = _save(tmp_path / "a", lambda image: {"logits": tf.reduce_sum(tf.cast(image, tf.float32))}, spec)
    with pytest.raises(ModelError, match="has no output detection_boxes, detection_classes"):
        Detector(folder)


@pytest.mark.parametrize(
    ("spec", "there"),
    [
        (tf.TensorSpec([None, None], tf.string, name="input_tensor"), r"input_tensor: string \(None, None\)"),
        (tf.TensorSpec([None, None, None, 1], tf.float32, name="input_tensor"), "input_tensor: float32"),
        (tf.TensorSpec([4, None, None, 3], tf.uint8, name="input_tensor"), "uint8"),
    ],
)
def test_other_inputs_are_refused_with_a_remedy(tmp_path: Path, spec: tf.TensorSpec, there: str) -> None:
    folder = _save(tmp_path / "a", lambda _: dict(OUTPUTS), spec)
    with pytest.raises(ModelError, match=f"{there}.*image_tensor"):
        Detector(folder)


def test_string_input_that_is_neither_an_image_nor_an_example_is_refused(tmp_path: Path) -> None:
    def numbers(texts: tf.Tensor) -> dict[str, tf.Tensor]:
        return OUTPUTS | {"num_detections": tf.strings.to_number(texts)}

    folder = _save(tmp_path / "a", numbers, tf.TensorSpec([None], tf.string, name="input_tensor"))
    with pytest.raises(ModelError, match=r"neither image bytes nor a serialised Example .*image_tensor"):
        Detector(folder)


def test_a_model_without_the_signature_is_refused(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "a"))
    with pytest.raises(ModelError, match="no signature 'serving_default'"):
        Detector(tmp_path / "a")


def test_a_batch_dimension_of_any_size_is_accepted(tmp_path: Path) -> None:
    spec = tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")
    folder = _save(tmp_path / "a", lambda _: dict(OUTPUTS), spec)
    assert len(Detector(folder).detect(np.zeros((5, 5, 3), np.uint8))) == 0
