"""The log of a run: `metrics.jsonl` and TensorBoard event files."""

import importlib.util
import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import write_text
from sweepbox.detection.core.json_text import parse_json
from sweepbox.detection.core.limits import JSON_BYTES
from sweepbox.detection.core.metric_names import original_names
from sweepbox.detection.core.regular_files import read_limited
from sweepbox.detection.training.reports import EvaluationReport, StepReport, ValidationPicture

METRICS_FILE = "metrics.jsonl"
TENSORBOARD_FOLDER = "tensorboard"


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a `metrics.jsonl`, without an incomplete last line of a killed run."""
    if not path.exists():
        return []
    try:
        text = read_limited(path, JSON_BYTES).decode()
    except ValueError as error:
        raise TrainingError(f"{path}: damaged ({error}); start a new run in another folder") from error
    entries = []
    for line in text.splitlines():
        try:
            entries.append(parse_json(line))
        except ValueError:
            break
    return entries


class TrainingLog:
    """Writes the log of a run into its folder.

    No event files are written if the package `tensorboard` is not installed.

    Args:
        directory: The folder of the run.
        step: The step from which the run resumes. Later entries of an interrupted run are removed from
            `metrics.jsonl` and hidden in TensorBoard.
    """

    def __init__(self, directory: Path, *, step: int = 0) -> None:
        self._metrics = directory / METRICS_FILE
        kept = [entry for entry in read_metrics(self._metrics) if entry["step"] <= step]
        write_text(self._metrics, "".join(json.dumps(entry) + "\n" for entry in kept))
        self._events = EventFile(directory / TENSORBOARD_FOLDER, step=step) if _has_tensorboard() else None

    def add_step(self, report: StepReport) -> None:
        """Log the losses, learning rate and throughput of a report that has losses."""
        if report.losses and self._events is not None:
            self._events.add(report.step, step_scalars(report))

    def add_evaluation(self, report: EvaluationReport) -> None:
        """Log an evaluation: a line of `metrics.jsonl`, and scalars for TensorBoard."""
        summary = asdict(report.training)
        del summary["step"]
        entry = {"step": report.step, "metrics": report.metrics, **summary}
        with self._metrics.open("a") as file:
            file.write(json.dumps(entry, allow_nan=False) + "\n")
        if self._events is not None:
            wait = report.training.input_wait_fraction
            self._events.add(report.step, evaluation_scalars(report.metrics, input_wait_fraction=wait))
            self._events.add_pictures(report.step, report.pictures)


def step_scalars(report: StepReport) -> dict[str, float]:
    """Return what TensorBoard shows of a report with losses, by tag."""
    scalars = {f"training/loss/{name}": value for name, value in report.losses.items()}
    scalars["training/learning_rate"] = report.learning_rate
    scalars["training/images_per_s"] = report.images_per_s
    return scalars


def evaluation_scalars(metrics: Mapping[str, float], *, input_wait_fraction: float | None) -> dict[str, float]:
    """Return what TensorBoard shows of an evaluation, by tag.

    Metrics that have an Object Detection API name are also there under that name, so that TensorBoard shows
    them in one chart with older runs.
    """
    scalars = {f"evaluation/{name}": value for name, value in metrics.items()} | original_names(metrics)
    if input_wait_fraction is not None:
        scalars["training/input_wait_fraction"] = input_wait_fraction
    return scalars


def _has_tensorboard() -> bool:
    """Return whether the package `tensorboard` is installed."""
    return importlib.util.find_spec("tensorboard") is not None


class EventFile:
    """A TensorBoard event file, written with the package `tensorboard`, without TensorFlow.

    It is open only while an event is written.

    Args:
        directory: The folder of the event files.
        step: The step from which a run resumes; TensorBoard hides later events of earlier files.
    """

    def __init__(self, directory: Path, *, step: int = 0) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        directory.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns() // 1000:016d}.{socket.gethostname()}.{os.getpid()}"
        self._path = directory / name
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))
        if step:
            restart = SessionLog(status=SessionLog.START)
            self._write(Event(wall_time=time.time(), step=step + 1, session_log=restart))

    def add(self, step: int, scalars: Mapping[str, float]) -> None:
        """Write one value per tag at a step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        self.add_summary(step, Summary(value=values))

    def add_pictures(self, step: int, pictures: Sequence[ValidationPicture]) -> None:
        """Write pictures at a step, under `validation/NAME`."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        for picture in pictures:
            image = Summary.Image(
                height=picture.height, width=picture.width, colorspace=3, encoded_image_string=picture.jpeg
            )
            summary = Summary(value=[Summary.Value(tag=f"validation/{picture.name}", image=image)])
            self.add_summary(step, summary)

    def add_summary(self, step: int, summary: Any) -> None:
        """Write a `Summary` message at a step."""
        from tensorboard.compat.proto.event_pb2 import Event

        self._write(Event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: Any) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        with self._path.open("ab") as file:
            RecordWriter(file).write(event.SerializeToString())
