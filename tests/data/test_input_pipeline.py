"""The network's input from a TFRecord: goldens of the OD API's complete input pipeline."""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import evaluation_batches
from sweepbox.detection.data.cache import open_record_set

GOLDEN = Path(__file__).parents[1] / "golden"
LABELS = LabelMap.of(["with_mask", "without_mask", "mask_weared_incorrect"])
MEANS = np.array([123.68, 116.779, 103.939], np.float32)
SHIFTED = ("unknown_text", "nan_and_degenerate")
"""Cases in which the OD API drops an object but not its weight; Sweepbox drops both."""


@pytest.mark.parametrize("name", ["fixed", "padded"])
def test_inputs_equal_the_od_api(name: str, tmp_path: Path) -> None:
    golden = np.load(GOLDEN / f"input_pipeline_{name}.npz")
    resizer = text_format.Parse(str(golden["resizer"]), pb.ImageResizer())
    records = open_record_set(
        [GOLDEN / "decoder_cases.tfrecord"], LABELS, cache_directory=tmp_path, keep_unusable_boxes=True
    )
    kinds = golden["kinds"].tolist()
    indices = np.arange(len(kinds))
    (batch,) = evaluation_batches(records, indices=indices, batch_size=len(kinds), max_boxes=5)
    arrays = (batch.images, batch.sizes, batch.boxes_yxyx, batch.class_ids, batch.weights, batch.noise)
    ready = build_preprocessor(resizer, ())(*map(ops.convert_to_tensor, arrays), normalise=lambda x: x - MEANS)
    for row, kind in enumerate(kinds):
        expected = {key: golden[f"{kind}/{key}"][0] for key in ("image", "true_image_shape")}
        images = ops.convert_to_numpy(ready.images)[row]
        np.testing.assert_allclose(images[::8, ::8], expected["image"], atol=1e-3)
        np.testing.assert_allclose(images.mean(axis=(0, 1)), golden[f"{kind}/image_mean"], atol=1e-3)
        assert ops.convert_to_numpy(ready.true_sizes)[row].tolist() == expected["true_image_shape"][:2].tolist()
        truth = {key: golden[f"{kind}/groundtruth_{key}"][0] for key in ("boxes", "classes", "weights")}
        count = int(golden[f"{kind}/num_groundtruth_boxes"][0])
        boxes, ids, weights = (
            ops.convert_to_numpy(getattr(ready, field))[row] for field in ("boxes_yxyx", "class_ids", "weights")
        )
        np.testing.assert_allclose(boxes, truth["boxes"], atol=1e-6)
        np.testing.assert_array_equal(ids[:count], truth["classes"][:count].argmax(axis=1))
        if kind in SHIFTED:
            assert weights.tolist() == [1, 1, 0, 0, 0]
        else:
            np.testing.assert_array_equal(weights[:count], truth["weights"][:count])
        assert not weights[count:].any()
