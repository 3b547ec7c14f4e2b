"""Compare geometric options on a photograph's boxes with the Object Detection API's statistics of 500 draws.

Means are compared within 5 standard errors of both samples (500 and 4000 draws): a shift of 0.35 standard
deviations is detected with 99 %, and the probability of a false alarm is one in a million. Deciles are compared
by rank, within 4.5 standard errors of the 500 draws: an error of 0.15 in a quantile's rank is detected with 99
%.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.options import read_options
from sweepbox.detection.data.augment.steps import Step
from sweepbox.detection.data.augment.view import whole_images

STATISTICS = json.loads((Path(__file__).parents[2] / "golden" / "augmentation_stats.json").read_text())
IMAGE = STATISTICS["image"]
DRAWS = 4000
RANK_ERROR = 4.5 * np.sqrt(0.25 / 500)


@pytest.mark.parametrize(
    "name",
    [
        "random_crop_image_project",
        "random_crop_image_default",
        "ssd_random_crop_default",
        "random_pad_image_default",
        "random_scale_crop_and_pad_to_square_default",
        "random_square_crop_by_scale_default",
        "random_jitter_boxes_default",
    ],
)
def test_statistics_equal_the_od_api(name: str) -> None:
    reference = STATISTICS["options"][name]
    option = read_options([text_format.Parse(reference["config"], pb.PreprocessingStep())])[0]
    step = Step(option, index=0, first_column=0)
    noise = np.random.default_rng(17).random((DRAWS, step.columns), np.float32)
    boxes = np.tile(np.array(IMAGE["boxes"], np.float32), (DRAWS, 1, 1))
    sizes = np.tile(np.array([[IMAGE["height"], IMAGE["width"]]], np.int32), (DRAWS, 1))
    view = step.look(whole_images(*map(ops.convert_to_tensor, (sizes, boxes))), ops.convert_to_tensor(noise))
    height, width, present, boxes = (
        ops.convert_to_numpy(part) for part in (view.height, view.width, view.present, view.boxes_yxyx)
    )
    areas = np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
    some = present.any(axis=1)
    measured = {
        "relative_area": height * width / (IMAGE["height"] * IMAGE["width"]),
        "aspect": width / height,
        "fraction_boxes_kept": present.mean(axis=1),
        "mean_box_area": (areas * present).sum(axis=1)[some] / present.sum(axis=1)[some],
    }
    for key, drawn in measured.items():
        expected = reference[key]
        error = np.hypot(expected["std"] / np.sqrt(STATISTICS["draws"]), drawn.std() / np.sqrt(DRAWS))
        assert abs(drawn.mean() - expected["mean"]) <= 5 * error + 1e-6, key
        # With ties (few kept boxes, one size) the rank of a decile is an interval, which must contain the
        # expected rank.
        deciles = np.array(expected["deciles"])
        below = np.array([(drawn < decile - 1e-6).mean() for decile in deciles])
        not_above = np.array([(drawn <= decile + 1e-6).mean() for decile in deciles])
        ranks = np.arange(1, 10) / 10
        assert (below - RANK_ERROR <= ranks).all(), key
        assert (ranks <= not_above + RANK_ERROR).all(), key
