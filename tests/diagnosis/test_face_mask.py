"""What is known of the real photographs and two configs; skipped without them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.reading import read_with_edits
from sweepbox.detection.data.dataset.voc import read_annotation
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, AnnotatedImage
from sweepbox.detection.diagnosis.diagnosis import Diagnosis, diagnose

SHARED = Path(__file__).parents[3] / "shared"
FACE_MASK = SHARED / "face_mask"
ORIGINAL = FACE_MASK / "original_pipeline.config"
WIDER_FACE = SHARED / "weights" / "ssd_mobilenet_v1_wider_face" / "pipeline.config"
pytestmark = pytest.mark.skipif(
    not (ORIGINAL.is_file() and WIDER_FACE.is_file()), reason="the photographs are not beside the checkout"
)


@pytest.fixture(scope="module")
def boxes() -> AnnotatedBoxes:
    """The boxes of all 767 photographs, from the annotations alone."""
    images = []
    for path in sorted((FACE_MASK / "annotations").glob("*.xml")):
        annotation = read_annotation(path)
        width, height = annotation.width, annotation.height
        assert width
        assert height
        objects = [
            (item.name, (y1 / height, x1 / width, min(y2 / height, 1.0), min(x2 / width, 1.0)))
            for item in annotation.objects
            for x1, y1, x2, y2 in [item.box_pixels]
        ]
        images.append(AnnotatedImage(height, width, objects))
    return AnnotatedBoxes.of(images)


@pytest.fixture(scope="module")
def diagnosed(boxes: AnnotatedBoxes) -> Callable[..., Diagnosis]:
    def of(path: Path, *edits: str) -> Diagnosis:
        return diagnose(read_with_edits(load_config(path), map(parse_edit, edits)), boxes, path=path)

    return of


def test_the_original_config(diagnosed: Callable[..., Diagnosis]) -> None:
    found = diagnosed(ORIGINAL)
    assert found.problems == ()
    nms = "model.ssd.post_processing.batch_non_max_suppression"
    traps = [(name, finding.field) for name, finding in found.traps]
    assert ("score threshold cuts evaluation", f"{nms}.score_threshold = 0.6") in traps
    limits = {finding.field: finding.effect for name, finding in found.traps if name.startswith("box limit")}
    assert set(limits) == {
        "train_input_reader.max_number_of_boxes = 100",
        f"{nms}.max_total_detections = 100",
    }
    assert all("the fullest 115" in effect for effect in limits.values())
    assert found.coverage is not None
    assert found.coverage.met().boxes == 3701
    assert round(found.coverage.met().share, 2) == 0.86
    assert max(proposal.share for proposal in found.proposals) > 0.98


def test_the_first_loss_where_the_background_is_a_class(diagnosed: Callable[..., Diagnosis]) -> None:
    found = diagnosed(ORIGINAL, "model.ssd.encode_background_as_zeros=false")
    [effect] = [finding.effect for name, finding in found.traps if name == "background as a class"]
    stated = re.search(r"is about ([\d,]+) on these data instead of 1\.1$", effect)
    assert stated is not None
    assert 700 < float(stated[1].replace(",", "")) < 1400


def test_the_face_detector(diagnosed: Callable[..., Diagnosis]) -> None:
    found = diagnosed(WIDER_FACE)
    effects = dict(found.traps)
    smallest = effects["anchors larger than the boxes"]
    assert smallest.field == "the smallest anchor has 51 px at 512 x 512"
    assert "larger than 68% of the boxes, and 50% are too small" in smallest.effect
    assert "after 1000 steps" in effects["slow average of batch norm"].effect
    assert found.coverage is not None
    assert round(found.coverage.met().share, 2) == 0.42
