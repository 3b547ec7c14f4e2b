"""A checkpoint that a thread writes in the background, usually during the evaluation."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from sweepbox.detection.checkpoint.arrays import save_arrays
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.folder import CheckpointMetadata, write_checkpoint_metadata
from sweepbox.detection.checkpoint.state import OPTIMIZER_FILE, ResumeMetadata, write_resume_metadata
from sweepbox.detection.checkpoint.weights import weights_fingerprint
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.files import atomic_directory, hidden_sibling, link_or_copy
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.timeline import SILENT, Timeline


class PendingCheckpoint:
    """Writes weights, and optionally the optimizer's slots, into a hidden folder in a background thread.

    Use it in a `with` block; the arrays must not change in the block. `publish_weights` and `publish_state`
    wait for the thread and create checkpoint folders atomically, with hard links to its files. An error of the
    thread is raised by these methods, and an existing folder is left unchanged. At the end of the block the
    thread has ended and the hidden folder is removed.

    Args:
        parent: An existing folder, in which the hidden folder is created. Checkpoints must be published in
            existing folders on the same file system.
        weights: All weights, by variable path.
        slots: The optimizer's slots; None to write the weights only.
        config: The config of the run.
        label_map: The classes.
        timeline: Records how long the thread writes.
    """

    def __init__(
        self,
        parent: Path,
        *,
        weights: Mapping[str, NDArray[Any]],
        slots: Mapping[str, NDArray[Any]] | None,
        config: pb.TrainEvalPipelineConfig,
        label_map: LabelMap,
        timeline: Timeline = SILENT,
    ) -> None:
        self._folder = hidden_sibling(parent / "checkpoint")
        self._config, self._label_map = config, label_map
        self._timeline = timeline
        self._error: BaseException | None = None
        self._weights_fingerprint = ""
        self._thread = threading.Thread(target=self._write, args=(weights, slots), name="checkpoint-writer")
        self._thread.start()

    @property
    def weights_fingerprint(self) -> str:
        """A hash of the weights, see `weights_fingerprint`; waits for the thread, which computes it."""
        self._wait()
        return self._weights_fingerprint

    def publish_weights(self, directory: Path, metadata: CheckpointMetadata) -> None:
        """Create a checkpoint folder, which can be exported."""
        self._publish(directory, metadata, None)

    def publish_state(self, directory: Path, metadata: CheckpointMetadata, resume: ResumeMetadata) -> None:
        """Create a checkpoint folder with the training state; the slots must have been given."""
        self._publish(directory, metadata, resume)

    def __enter__(self) -> Self:
        """Return `self`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the thread, then remove the hidden folder."""
        try:
            self._thread.join()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _publish(self, directory: Path, metadata: CheckpointMetadata, resume: ResumeMetadata | None) -> None:
        self._wait()
        with atomic_directory(directory, makes_folder=False) as folder:
            link_or_copy(self._folder / WEIGHTS_FILE, folder / WEIGHTS_FILE)
            write_checkpoint_metadata(folder, config=self._config, label_map=self._label_map, metadata=metadata)
            if resume is not None:
                link_or_copy(self._folder / OPTIMIZER_FILE, folder / OPTIMIZER_FILE)
                write_resume_metadata(resume, folder)

    def _wait(self) -> None:
        """Wait for the thread, and raise its error."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _write(self, weights: Mapping[str, NDArray[Any]], slots: Mapping[str, NDArray[Any]] | None) -> None:
        """Write the large files; an error is kept for `_publish`."""
        try:
            with self._timeline.span("write the checkpoint"):
                self._folder.mkdir()
                save_arrays(weights, self._folder / WEIGHTS_FILE)
                self._weights_fingerprint = weights_fingerprint(weights)
                if slots is not None:
                    save_arrays(slots, self._folder / OPTIMIZER_FILE)
        except BaseException as error:  # noqa: BLE001 - raised again by `_publish`
            self._error = error
