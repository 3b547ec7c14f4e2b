"""Exported models measured on pictures annotated with their own best detections, in every form of data."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.errors import DataError, ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.dataset.voc import VocObject, format_annotation
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.images import read_image
from sweepbox.detection.model_evaluation import ModelEvaluation, evaluate_model
from sweepbox.detection.model_evaluation.annotated_images import annotated_images

LABELS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))
SIDE = 128
THRESHOLD = 0.7


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, light_export: Path) -> Path:
    """A Pascal VOC folder of six pictures; their detections from a score of 0.7 up are its objects."""
    folder = tmp_path_factory.mktemp("data") / "voc"
    detector = Detector(light_export)
    for sub in ("images", "annotations"):
        (folder / sub).mkdir(parents=True)
    random = np.random.default_rng(1)
    for name in "abcdef":
        path = folder / "images" / f"{name}.png"
        blurred = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8)).resize((SIDE, SIDE))
        blurred.save(path)
        _annotate(folder, path, detector)
    return folder


def _annotate(folder: Path, path: Path, detector: Detector) -> None:
    found = detector.detect(path, threshold=THRESHOLD)
    boxes = found.boxes_yxyx[:, [1, 0, 3, 2]].astype(np.float64) * SIDE
    names = [LABELS.name_of(int(class_id)) for class_id in found.class_ids]
    objects = tuple(VocObject(name, tuple(box)) for name, box in zip(names, boxes.tolist(), strict=True))
    text = format_annotation(path.name, width=SIDE, height=SIDE, objects=objects)
    (folder / "annotations" / f"{path.stem}.xml").write_bytes(text)


@pytest.fixture(scope="module")
def records(data: Path) -> Path:
    out = data.parent / "records"
    prepare(data, out, PrepareSettings(validation_fraction=0.5, shards=2, label_map=LABELS))
    return out


@pytest.fixture(scope="module")
def on_voc(light_export: Path, data: Path) -> ModelEvaluation:
    return evaluate_model(light_export, data)


def test_the_models_own_detections_are_all_hits(on_voc: ModelEvaluation) -> None:
    # Not quite 1: of two boxes that clipping made equal only one is an object.
    assert on_voc.images == 6
    assert on_voc.metrics["mAP@.50"] == pytest.approx(1.0, abs=0.005)
    assert on_voc.metrics["mAP"] == pytest.approx(1.0, abs=0.005)


def test_json_has_the_promised_keys(on_voc: ModelEvaluation) -> None:
    told = json.loads(json.dumps(on_voc.to_json(), allow_nan=False))
    assert list(told) == ["mAP", "mAP@.50", "AP", "AP@.50", "images", "metrics"]
    assert told["metrics"]["DetectionBoxes_Precision/mAP"] == told["mAP"]
    for name in LABELS.names:
        assert told["metrics"][f"DetectionBoxes_PerformanceByCategory/mAP/{name}"] == told["AP"][name]
        assert f"PascalBoxes_PerformanceByCategory/AP@0.5IOU/{name}" in told["metrics"]
    # pycocotools averages precision over 101 recalls, Pascal VOC takes the area: close, not equal.
    assert told["metrics"]["PascalBoxes_Precision/mAP@0.5IOU"] == pytest.approx(told["mAP@.50"], abs=0.01)
    assert told["metrics"]["WeightedPascalBoxes_Precision/mAP@0.5IOU"] == pytest.approx(1, abs=0.01)
    assert tuple(told["AP"]) == tuple(told["AP@.50"]) == LABELS.names
    defined = [value for value in told["AP"].values() if value >= 0]
    assert np.mean(defined) == pytest.approx(told["mAP"])


@pytest.mark.slow
def test_records_are_measured_by_split_file_and_pattern(light_export: Path, records: Path) -> None:
    counts = {}
    for split in ("train", "validation", "test"):
        told = evaluate_model(light_export, records, split=split)
        assert told.metrics["mAP@.50"] == pytest.approx(1.0, abs=0.005)
        counts[split] = told.images
    assert sum(counts.values()) == 6
    assert evaluate_model(light_export, f"{records}/*-of-*.tfrecord").images == 6
    assert evaluate_model(light_export, str(next(records.glob("train-00000*")))).images < 6


def test_progress_is_told(light_export: Path, records: Path) -> None:
    seen: list[int] = []
    told = evaluate_model(light_export, records, on_progress=seen.append)
    assert seen == list(range(1, told.images + 1))


def _write(folder: Path, stem: str, *, name: str, box: tuple[float, float, float, float]) -> Path:
    for sub in ("images", "annotations"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), color=(ord(stem), 0, 0)).save(folder / "images" / f"{stem}.png")
    text = format_annotation(f"{stem}.png", width=40, height=30, objects=(VocObject(name, box),))
    (folder / "annotations" / f"{stem}.xml").write_bytes(text)
    return folder


def test_boxes_are_clipped_and_hopeless_ones_dropped(tmp_path: Path) -> None:
    folder = _write(tmp_path, "a", name="with_mask", box=(-10, 5, 20, 45))
    _write(tmp_path, "b", name="with_mask", box=(20, 5, 10, 25))
    first, second = annotated_images(folder, LABELS, split="validation")
    np.testing.assert_allclose(first.ground_truth.boxes_yxyx, [[5 / 30, 0, 1, 0.5]])
    assert first.pixels.shape == (30, 40, 3)
    assert len(second.ground_truth) == 0


def test_difficult_is_passed_on_and_pictures_are_read_as_annotated(tmp_path: Path) -> None:
    folder = _write(tmp_path, "a", name="with_mask", box=(0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.arange(3600, dtype=np.uint8).reshape(30, 40, 3)).save(
        folder / "images" / "a.png", exif=exif
    )
    [image] = annotated_images(folder, LABELS, split="validation")
    # The annotation states the size of the pixels as stored, so its boxes refer to them.
    np.testing.assert_array_equal(image.pixels, read_image(folder / "images" / "a.png", upright=False))


def test_a_class_that_the_model_lacks_is_named(light_export: Path, tmp_path: Path) -> None:
    folder = _write(tmp_path / "voc", "a", name="helmet", box=(0, 0, 20, 20))
    with pytest.raises(DataError, match=r"a\.xml: class 'helmet' is annotated.*with_mask, without_mask"):
        evaluate_model(light_export, folder)
    _write(folder, "b", name="helmet", box=(0, 0, 20, 25))
    prepare(folder, tmp_path / "records", PrepareSettings(validation_fraction=0.5, test_fraction=0))
    with pytest.raises(DataError, match=r"has no test part; .* --test-fraction"):
        evaluate_model(light_export, tmp_path / "records", split="test")
    with pytest.raises(DataError, match="class 'helmet' is annotated"):
        evaluate_model(light_export, tmp_path / "records")


def _broken_picture(folder: Path) -> None:
    (folder / "images" / "a.png").write_bytes(b"torn")


def _missing_picture(folder: Path) -> None:
    (folder / "images" / "a.png").rename(folder / "images" / "z.png")


def _malformed_annotation(folder: Path) -> None:
    (folder / "annotations" / "a.xml").write_text("<annotation>")


@pytest.mark.parametrize("damage", [_broken_picture, _missing_picture, _malformed_annotation])
def test_defects_that_hide_a_picture_stop_the_evaluation(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = _write(tmp_path, "a", name="with_mask", box=(0, 0, 20, 20))
    damage(folder)
    with pytest.raises(DataError, match=r"a\.(png|xml).*sweepbox doctor"):
        list(annotated_images(folder, LABELS, split="validation"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "empty").mkdir()
    yield tmp_path / "empty"
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.slow
def test_no_data_and_no_label_map(light_export: Path, export_copy: Path, data: Path, elsewhere: Path) -> None:
    for source in (elsewhere, elsewhere / "absent", f"{elsewhere}/*.tfrecord"):
        with pytest.raises(DataError, match="no TFRecord file found"):
            evaluate_model(light_export, source)
    (export_copy / "label_map.pbtxt").rename(export_copy.parent / "mine.pbtxt")
    with pytest.raises(ModelError, match=r"label_map\.pbtxt is missing"):
        evaluate_model(export_copy, data)
    assert evaluate_model(export_copy, data, label_map=export_copy.parent / "mine.pbtxt").images == 6
