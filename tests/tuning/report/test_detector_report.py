"""`detector.json`: written from a checkpoint's detections, read back, and shown for the winner alone."""

import base64
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.analysis.detector_analysis import DetectorAnalysis, analyse
from sweepbox.detection.analysis.label_suspects import LabelSuspect
from sweepbox.detection.checkpoint.files import METRICS_FILE
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.tuning.report.detector.annotations import with_annotation_objects
from sweepbox.tuning.report.detector.document import (
    FORMAT,
    DetectorReport,
    Thumbnail,
    read_detector_report,
    write_detector_report,
)
from sweepbox.tuning.report.detector.examine import examine_detector
from sweepbox.tuning.report.detector.on_demand import examine_if_missing
from sweepbox.tuning.report.detector.section import detector_report_of, detector_section, is_current
from sweepbox.tuning.report.detector.thumbnails import (
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_THUMBNAILS,
    pictured_images,
    remove_others,
    thumbnail,
)
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.storage.winner_record import WinnerRecord
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from tests.analysis.scenes import random_images
from tests.scripts.sweeps import sweepbox
from tests.tuning.conftest import Live


@pytest.fixture(scope="module")
def analysis() -> DetectorAnalysis:
    """An analysis of random detections, which has values of every kind."""
    return analyse(random_images(5, 30), np.array([0.3, 0.4, 0.5]))


@pytest.fixture
def evaluated(sweep: Callable[..., SweepFolder], live: Live) -> SweepFolder:
    """A sweep whose only trial has the records of two evaluations, the second at step 4 the better."""
    folder = sweep(trials=1)
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    live(folder, "0000", [0.2, 0.4], TrialState.FINISHED)
    return folder


def report_of(analysis: DetectorAnalysis, **changes: Any) -> DetectorReport:
    report = DetectorReport(
        format=FORMAT,
        trial="0000",
        step=4,
        is_tuned=False,
        suppression="NMS IoU 0.6",
        threshold_rule="best F1 on these images",
        seconds=1.5,
        analysis=analysis,
        thumbnails=(Thumbnail(3, "a.jpg", "00003.jpg", 180, 240),),
    )
    return replace(report, **changes)


def test_a_document_returns_what_was_written(tmp_path: Path, analysis: DetectorAnalysis) -> None:
    folder = SweepFolder(tmp_path)
    assert read_detector_report(folder) is None
    report = report_of(analysis)
    assert analysis.suspects
    assert analysis.worst
    write_detector_report(folder, report)
    assert read_detector_report(folder) == report


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda value: "[]", "an object"),
        (lambda value: "{", "JSON"),
        (lambda value: json.dumps({**value, "format": "1"}), "format"),
        (lambda value: json.dumps({**value, "more": 1}), "more"),
        (
            lambda value: json.dumps({**value, "thumbnails": [{**value["thumbnails"][0], "height": "9"}]}),
            "height",
        ),
    ],
)
def test_a_damaged_document_is_refused(
    tmp_path: Path, analysis: DetectorAnalysis, damage: Callable[[Any], str], message: str
) -> None:
    folder = SweepFolder(tmp_path)
    folder.detector.write_text(damage(json.loads(json.dumps(report_of(analysis).to_json()))))
    with pytest.raises(SweepError, match=rf"detector\.json: damaged .*{message}.*sweepbox report"):
        read_detector_report(folder)


def test_every_field_is_documented(analysis: DetectorAnalysis) -> None:
    text = (Path(__file__).parents[3] / "docs" / "detector-report.md").read_text()

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list | tuple) else set()

    told = report_of(analysis).to_json()
    kinds = set(told["analysis"]["outcomes"]["false_alarms"])
    missing = {
        name
        for name in names(told) - kinds - {"analysis"}
        if f"`{name}`" not in text and f"`analysis.{name}`" not in text
    }
    assert missing == set()


def test_the_size_of_a_document_with_many_classes_is_limited(tmp_path: Path) -> None:
    from sweepbox.detection.analysis.detected_images import DetectedImages
    from sweepbox.detection.core.labels import LabelMap

    few = random_images(1, 40)
    labels = LabelMap.of([f"class number {number}" for number in range(300)])
    many = DetectedImages(labels, few.names, few.frames, few.detections)
    found = analyse(many, np.full(300, 0.5))
    assert len(found.without_curves) == 260
    assert {curve.name for curve in found.precision} >= {"class number 1", "class number 6", "class number 8"}
    write_detector_report(SweepFolder(tmp_path), report_of(found))
    assert (tmp_path / "detector.json").stat().st_size < 1_000_000


def test_a_section_is_shown_for_the_winner_alone(evaluated: SweepFolder, analysis: DetectorAnalysis) -> None:
    folder = evaluated
    state = read_sweep(folder)
    assert detector_section(state) is None
    write_detector_report(folder, report_of(analysis))
    folder.thumbnails.mkdir()
    (folder.thumbnails / "00003.jpg").write_bytes(b"picture")
    found = detector_section(state)
    assert found is not None
    assert found["analysis"]["class_names"] == ("cat", "dog", "bird")
    picture = found["thumbnails"]["3"]
    assert (picture["name"], picture["height"], picture["width"]) == ("a.jpg", 180, 240)
    assert base64.b64decode(picture["source"].removeprefix("data:image/jpeg;base64,")) == b"picture"
    json.dumps(found, allow_nan=False)
    for other in ({"trial": "0001"}, {"step": 2}, {"is_tuned": True}, {"format": 2}):
        assert not is_current(state, report_of(analysis, **other)), other
    tuned = replace(state, winner=WinnerRecord({"trial": "0000", "post_processing": {}}))
    assert is_current(tuned, report_of(analysis, is_tuned=True))
    folder.detector.write_text("{")
    assert detector_section(state) is None


def test_a_thumbnail_elsewhere_is_not_read(evaluated: SweepFolder, analysis: DetectorAnalysis) -> None:
    folder = evaluated
    outside = (Thumbnail(3, "a.jpg", "../sweep.yaml", 180, 240), Thumbnail(4, "b.jpg", "absent.jpg", 1, 1))
    write_detector_report(folder, report_of(analysis, thumbnails=outside))
    found = detector_section(read_sweep(folder))
    assert found is not None
    assert found["thumbnails"] == {}


def test_thumbnails_are_small() -> None:
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (400, 600, 3)).astype(np.uint8)  # the hardest picture to compress
    data, size = thumbnail(noise)
    assert len(data) <= MOST_BYTES
    assert size == (160, LONGEST_SIDE)
    picture = Image.open(io.BytesIO(data))
    assert (picture.height, picture.width, picture.format) == (160, 240, "JPEG")
    assert thumbnail(noise[:100, :50])[1] == (100, 50)  # not enlarged


def test_the_worst_images_come_before_those_with_suspects(analysis: DetectorAnalysis) -> None:
    worst = [item.image for item in analysis.worst]
    suspects = tuple(replace(analysis.suspects[0], image=number, name=f"{number}.jpg") for number in range(60))
    pictured = [image for image, _ in pictured_images(replace(analysis, suspects=suspects))]
    assert pictured[: len(worst)] == worst
    assert len(pictured) == len(set(pictured)) == MOST_THUMBNAILS


def test_thumbnails_of_earlier_reports_are_removed(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.thumbnails.mkdir()
    for name in ("00003.jpg", "00004.jpg"):
        (folder.thumbnails / name).write_bytes(b"")
    remove_others(folder, [Thumbnail(3, "a.jpg", "00003.jpg", 1, 1)])
    assert [path.name for path in folder.thumbnails.iterdir()] == ["00003.jpg"]


def test_the_position_of_an_object_in_its_annotation_file(analysis: DetectorAnalysis) -> None:
    def suspect(name: str, kept: int | None) -> LabelSuspect:
        return replace(analysis.suspects[0], name=name, object=kept)

    description = {
        "splits": {
            "train": {"pictures": {"x/c.jpg": "", "y/c.jpg": ""}},
            "validation": {"pictures": {"a.jpg": ""}},
        },
        "dropped": {
            "list": [
                {"file": "annotations/a.xml", "object_index": 0},
                {"file": "annotations/a.xml", "object_index": 2},
                {"file": "annotations/b.xml", "object_index": 1},
            ]
        },
    }
    given = [suspect("a.jpg", 0), suspect("a.jpg", 1), suspect("a.jpg", 2), suspect("a.jpg", None)]
    given.append(suspect("x/c.jpg", 0))  # another image has the name c.jpg
    found = with_annotation_objects(given, description)
    assert [item.annotation_object for item in found] == [1, 3, 4, None, None]
    assert with_annotation_objects(given, {}) == tuple(given)


def test_what_is_left_to_do_is_said(evaluated: SweepFolder, analysis: DetectorAnalysis) -> None:
    state = read_sweep(evaluated)
    assert examine_if_missing(replace(state, trials=())) is None
    note = examine_if_missing(replace(state, running=True))
    assert note == "the winner's detections are examined when the sweep has ended"
    write_detector_report(evaluated, report_of(analysis))
    assert examine_if_missing(replace(state, running=True)) is None


@pytest.mark.slow
def test_the_report_examines_the_winner_once(evaluated: SweepFolder, light_checkpoint: Path) -> None:
    from sweepbox.detection.post_training.post_training import tune_after_training

    folder, spec = evaluated, load_spec(evaluated.spec)
    best = folder.trial("0000").best
    told = sweepbox("report", folder.path)
    assert (told.returncode, folder.page.is_file()) == (0, True)
    assert "the winner's detections are not examined: " in told.stderr
    assert "not a checkpoint folder" in told.stderr
    shutil.rmtree(best)
    shutil.copytree(light_checkpoint, best)
    metadata = json.loads((best / METRICS_FILE).read_text())
    write_json(best / METRICS_FILE, {**metadata, "step": 4})
    assert sweepbox("report", folder.path, "--no-detector").returncode == 0
    assert not folder.detector.exists()
    told = sweepbox("report", folder.path)
    assert (told.returncode, told.stderr) == (0, "")
    report = detector_report_of(read_sweep(folder))
    assert report is not None
    assert '"image":' in folder.page.read_text()
    assert "data:image/jpeg;base64," in folder.page.read_text()
    assert examine_if_missing(read_sweep(folder)) is None  # it is not made again
    assert (report.trial, report.step, report.is_tuned) == ("0000", 4, False)
    assert report.threshold_rule == "best F1 on these images"
    analysis = report.analysis
    assert analysis.images == 5
    # The curves are those of the metrics that a tuning after training reports.
    predictions = folder.predictions / "0000.arrow"
    assert predictions.is_file()
    records = open_unchanged_data(folder, spec).validation
    chosen = tune_after_training(best, records, predictions_file=predictions)
    assert not chosen.suppression.is_changed
    assert analysis.sizes[0].ap[0] == pytest.approx(chosen.metrics["mAP"], abs=1e-5)
    for curve in analysis.precision:
        if curve.iou == 0.5 and curve.objects:
            assert curve.ap == pytest.approx(chosen.metrics[f"AP@.50/{curve.name}"], abs=1e-5)
    assert analysis.worst
    assert {item.name for item in analysis.worst} <= {item.name for item in report.thumbnails}
    for item in report.thumbnails:
        with Image.open(folder.thumbnails / item.file) as picture:
            assert (picture.height, picture.width) == (item.height, item.width) == (128, 128)
    # With the choice for the export, its thresholds are used.
    content = {"trial": "0000", "checkpoint": "trials/0000/best", "post_processing": chosen.to_json()}
    write_json(folder.winner, content)
    tuned = examine_detector(folder, spec, "0000")
    assert tuned.is_tuned
    assert tuned.threshold_rule == "best F1, as for the export"
    assert chosen.thresholds is not None
    thresholds = [item.threshold for item in chosen.thresholds.classes]
    assert list(tuned.analysis.confusion.thresholds) == pytest.approx(thresholds, abs=1e-5)
    assert tuned.analysis == analysis  # the same thresholds, found twice
