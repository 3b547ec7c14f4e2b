"""Computes `detector.json` from the detections of a trial's best weights on the validation part."""

import time
from collections.abc import Callable
from dataclasses import replace

from sweepbox.tuning.report.detector.annotations import with_annotation_objects
from sweepbox.tuning.report.detector.document import FORMAT, DetectorReport, write_detector_report
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.content import have_content
from sweepbox.tuning.winner.post_processing import frozen_post_processing


def examine_detector(
    folder: SweepFolder,
    spec: SweepSpec,
    trial_id: str,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> DetectorReport:
    """Write `detector.json` and its thumbnails for a trial's best weights, and return it.

    The weights predict the validation part once; where the sweep has kept raw predictions of them, these are
    used. Suppression and thresholds are those that `winner.json` has for the export, if it has any.

    Args:
        folder: The sweep's folder.
        spec: The sweep file.
        trial_id: The trial.
        on_progress: Called with the number of predicted images and their total.

    Raises:
        SweepError: The records are missing or others than at first.
        DataError: The records are damaged.
        TrainingError: The checkpoint is missing or damaged.
        ModelError: A prediction is not finite.
    """
    from sweepbox.detection.analysis.checkpoint_analysis import analyse_checkpoint
    from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
    from sweepbox.detection.post_training.checkpoint_images import CheckpointImages
    from sweepbox.tuning.report.detector.thumbnails import pictured_images, remove_others, write_thumbnails

    begin = time.monotonic()
    checkpoint = folder.trial(trial_id).best
    have_content(checkpoint)
    metadata = read_checkpoint_metadata(checkpoint)
    dataset = open_unchanged_data(folder, spec)
    images = CheckpointImages.of(checkpoint, dataset.validation)
    chosen = frozen_post_processing(folder, checkpoint)
    found = analyse_checkpoint(
        images,
        chosen=chosen,
        predictions_file=folder.predictions / f"{trial_id}.arrow",
        on_progress=on_progress,
    )
    analysis = replace(
        found.analysis, suspects=with_annotation_objects(found.analysis.suspects, dataset.description)
    )
    report = DetectorReport(
        format=FORMAT,
        trial=trial_id,
        step=metadata.step,
        is_tuned=chosen is not None,
        suppression=found.suppression,
        threshold_rule=found.threshold_rule,
        seconds=round(time.monotonic() - begin, 1),
        analysis=analysis,
        thumbnails=write_thumbnails(folder, images, pictured_images(analysis)),
    )
    write_detector_report(folder, report)
    remove_others(folder, report.thumbnails)
    return report
