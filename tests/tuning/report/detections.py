"""The document on a winner's detections, of detections that nobody made."""

import numpy as np

from sweepbox.detection.analysis.detector_analysis import analyse
from sweepbox.detection.core.files import write_bytes
from sweepbox.tuning.report.detector.document import FORMAT, DetectorReport, Thumbnail, write_detector_report
from sweepbox.tuning.report.detector.section import winner_trial
from sweepbox.tuning.report.detector.thumbnails import pictured_images, thumbnail
from sweepbox.tuning.sweep.state import SweepState
from tests.analysis.scenes import SIDE, random_images


def write_detections(state: SweepState) -> DetectorReport:
    """Write `detector.json` and thumbnails of random detections for the winner of a sweep."""
    analysis = analyse(random_images(6, 40, most_found=9), np.array([0.3, 0.4, 0.5]))
    trial = winner_trial(state)
    assert trial is not None
    best = state.trial(trial).best
    assert best is not None
    random, thumbnails = np.random.default_rng(0), []
    for image, name in pictured_images(analysis):
        grey = np.full((SIDE, SIDE, 3), random.integers(60, 200), np.uint8)
        data, (height, width) = thumbnail(grey)
        write_bytes(state.folder.thumbnails / f"{image:05d}.jpg", data)
        thumbnails.append(Thumbnail(image, name, f"{image:05d}.jpg", height, width))
    report = DetectorReport(
        format=FORMAT,
        trial=trial,
        step=best.step,
        is_tuned=False,
        suppression="NMS IoU 0.6, at most 100 detections per class and 100 in all",
        threshold_rule="best F1 on these images",
        seconds=1.0,
        analysis=analysis,
        thumbnails=tuple(thumbnails),
    )
    write_detector_report(state.folder, report)
    return report
