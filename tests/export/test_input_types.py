"""Exports of every input type: signatures, and equal detections for equal images, including batches."""

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.saved_model import export_detector

from .loaded import detector_of, loaded

GOLDEN = Path(__file__).parents[1] / "golden"
MODEL = GOLDEN / "model_mobilenet_v2_fpnlite_small" / "golden.npz"
PICTURES = np.load(GOLDEN / "encoded_pictures.npz")
KEPT = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
SPECS = {
    InputType.IMAGE_TENSOR: (tf.uint8, [1, None, None, 3]),
    InputType.FLOAT_IMAGE_TENSOR: (tf.float32, [None, None, None, 3]),
    InputType.ENCODED_IMAGE_STRING_TENSOR: (tf.string, [None]),
    InputType.TF_EXAMPLE: (tf.string, [None]),
}
Folder = Callable[[InputType], Path]


@pytest.fixture(scope="module")
def folder_of(golden_checkpoint: Path, golden_export: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The folder of an export of the golden model with an input type."""

    @functools.cache
    def export(input_type: InputType) -> Path:
        if input_type is InputType.IMAGE_TENSOR:
            return golden_export
        out = tmp_path_factory.mktemp("exports") / input_type
        return export_detector(golden_checkpoint, out, input_type=input_type).directory

    return export


def _encoded(name: str) -> bytes:
    encoded: bytes = PICTURES[f"{name}/encoded"].tobytes()
    return encoded


def _example(encoded: bytes) -> bytes:
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded]))
    features = tf.train.Features(feature={"image/encoded": value})
    serialised: bytes = tf.train.Example(features=features).SerializeToString()
    return serialised


def _assert_golden(found: dict[str, Any], expected: Callable[[str], np.ndarray]) -> None:
    for key in KEPT:
        np.testing.assert_allclose(found[key], expected(key), rtol=1e-4, atol=1e-4, err_msg=key)
    sums = found["raw_detection_scores"].numpy().astype(np.float64).sum((1, 2))
    np.testing.assert_allclose(sums, expected("raw_score_sum"), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("input_type", InputType)
def test_the_signature(folder_of: Folder, input_type: InputType) -> None:
    model = loaded(folder_of(input_type))
    signature = model.signatures["serving_default"]
    [(name, spec)] = signature.structured_input_signature[1].items()
    assert (name, spec.dtype, spec.shape.as_list()) == ("input_tensor", *SPECS[input_type])
    batch = 1 if input_type is InputType.IMAGE_TENSOR else None
    outputs = {name: spec.shape.as_list() for name, spec in signature.structured_outputs.items()}
    assert outputs["detection_boxes"] == [batch, 30, 4]
    assert outputs["detection_multiclass_scores"] == [batch, 30, 4]
    assert outputs["num_detections"] == [batch]
    assert len(outputs) == 8
    assert f"Input type `{input_type}`" in (folder_of(input_type) / "model_card.md").read_text()


@pytest.mark.parametrize("name", [n for n in PICTURES["pictures"].tolist() if f"{n}/refusal" not in PICTURES])
def test_detections_of_encoded_images_equal_the_object_detection_api(folder_of: Folder, name: str) -> None:
    encoded = _encoded(name)
    model = loaded(folder_of(InputType.ENCODED_IMAGE_STRING_TENSOR))
    _assert_golden(model(tf.constant([encoded])), lambda key: PICTURES[f"{name}/{key}"][None])


@pytest.mark.slow
def test_images_of_different_sizes_in_one_batch(folder_of: Folder) -> None:
    batch = [_encoded(name) for name in PICTURES["batch/pictures"]]
    for input_type, calls in (
        (InputType.ENCODED_IMAGE_STRING_TENSOR, batch),
        (InputType.TF_EXAMPLE, [_example(encoded) for encoded in batch]),
    ):
        model = loaded(folder_of(input_type))
        _assert_golden(model(tf.constant(calls)), lambda key: PICTURES[f"batch/{key}"])


@pytest.mark.slow
def test_the_first_frame_of_an_animation(folder_of: Folder) -> None:
    """The Object Detection API's export refuses a GIF."""
    assert "gif/refusal" in PICTURES
    found = loaded(folder_of(InputType.ENCODED_IMAGE_STRING_TENSOR))(tf.constant([_encoded("gif")]))
    pixels = tf.io.decode_image(_encoded("gif"), channels=3, expand_animations=False)
    expected = loaded(folder_of(InputType.IMAGE_TENSOR))(pixels[tf.newaxis])
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-5, atol=1e-5, err_msg=key)


@pytest.mark.slow
def test_a_batch_of_float_images_has_the_detections_of_its_images(folder_of: Folder) -> None:
    with np.load(MODEL) as golden:
        images, expected = golden["image_uint8"], golden["post/detection_scores"]
    model = loaded(folder_of(InputType.FLOAT_IMAGE_TENSOR))
    found = model(tf.constant(images, tf.float32))
    np.testing.assert_allclose(found["detection_scores"], expected, rtol=1e-4, atol=1e-5)
    by_signature = model.signatures["serving_default"](input_tensor=tf.constant(images, tf.float32))
    for key, value in by_signature.items():
        np.testing.assert_array_equal(value, found[key], err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("input_type", list(InputType)[1:])
def test_the_detector_supports_every_input_type(folder_of: Folder, input_type: InputType) -> None:
    with np.load(MODEL) as golden:
        pixels = golden["image_uint8"][0]
    found, expected = (
        detector_of(folder_of(kind)).detect(pixels) for kind in (input_type, InputType.IMAGE_TENSOR)
    )
    assert len(found) == len(expected) > 5
    np.testing.assert_allclose(found.boxes_yxyx, expected.boxes_yxyx, atol=1e-5)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
    np.testing.assert_array_equal(found.class_ids, expected.class_ids)


PLAIN_TENSORFLOW = """
import sys
import numpy as np
import tensorflow as tf

detect_fn = tf.saved_model.load(sys.argv[1])
image_np = np.load(sys.argv[2])
input_tensor = tf.convert_to_tensor(image_np)
input_tensor = input_tensor[tf.newaxis, ...]
detections = detect_fn(input_tensor)
num_detections = int(detections.pop('num_detections'))
detections = {key: value[0, :num_detections].numpy() for key, value in detections.items()}
detections['num_detections'] = num_detections
detections['detection_classes'] = detections['detection_classes'].astype(np.int64)

of_bytes = tf.saved_model.load(sys.argv[3])
found = of_bytes(tf.io.read_file(sys.argv[4])[tf.newaxis])
assert not [name for name in sys.modules if name.split('.')[0] == 'sweepbox']
np.savez(sys.argv[5], of_bytes=int(found['num_detections'][0]), **detections)
"""


@pytest.mark.slow
def test_the_steps_of_a_plain_tensorflow_program_need_nothing_of_ours(
    folder_of: Folder, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(_encoded("jpeg"))
    with np.load(MODEL) as golden:
        np.save(tmp_path / "image.npy", golden["image_uint8"][0])
        expected = golden["post/detection_scores"][0]
    arguments = (
        folder_of(InputType.IMAGE_TENSOR) / "saved_model",
        tmp_path / "image.npy",
        folder_of(InputType.ENCODED_IMAGE_STRING_TENSOR) / "saved_model",
        tmp_path / "a.jpg",
        tmp_path / "found.npz",
    )
    result = subprocess.run(
        [sys.executable, "-c", PLAIN_TENSORFLOW, *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    with np.load(tmp_path / "found.npz") as found:
        count = int(found["num_detections"])
        assert found["detection_boxes"].shape == (count, 4)
        assert set(found["detection_classes"]) <= {1, 2, 3}
        np.testing.assert_allclose(found["detection_scores"], expected[:count], rtol=1e-4, atol=1e-5)
        assert int(found["of_bytes"]) == int(PICTURES["jpeg/num_detections"])
