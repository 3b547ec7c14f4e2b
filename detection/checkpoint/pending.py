"""A checkpoint on its way to disk while its owner computes something else, as a rule the evaluation."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from sweepbox.detection.checkpoint.arrays import save_arrays
from sweepbox.detection.checkpoint.folder import WEIGHTS_FILE, CheckpointFacts, describe_checkpoint
from sweepbox.detection.checkpoint.state import OPTIMIZER_FILE, ResumeFacts, write_resume_facts
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.files import atomic_directory, hidden_sibling, link_or_copy
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.timeline import SILENT, Timeline


class PendingCheckpoint:
    """Weights, and the optimizer's slots where given, that a thread writes into a hidden folder in `parent`.

    `publish_weights` and `publish_state` wait for the thread and make checkpoint folders of it, which appear
    whole and share its files: they must lie on the file system of `parent`. An error of the thread is raised
    there, and what stood in the folder's place stands on. Use it in a `with` block: at its end the thread has
    ended and the hidden folder is gone. The arrays must not change meanwhile.
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
        self._thread = threading.Thread(target=self._write, args=(weights, slots), name="checkpoint-writer")
        self._thread.start()

    def publish_weights(self, directory: Path, facts: CheckpointFacts) -> None:
        """Make a checkpoint folder, which export reads."""
        self._publish(directory, facts, None)

    def publish_state(self, directory: Path, facts: CheckpointFacts, resume: ResumeFacts) -> None:
        """Make a checkpoint folder with the training state; slots must have been given."""
        self._publish(directory, facts, resume)

    def __enter__(self) -> Self:
        """Return the checkpoint."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the thread and remove the hidden folder."""
        try:
            self._thread.join()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _publish(self, directory: Path, facts: CheckpointFacts, resume: ResumeFacts | None) -> None:
        self._thread.join()
        if self._error is not None:
            raise self._error
        with atomic_directory(directory) as folder:
            link_or_copy(self._folder / WEIGHTS_FILE, folder / WEIGHTS_FILE)
            describe_checkpoint(folder, config=self._config, label_map=self._label_map, facts=facts)
            if resume is not None:
                link_or_copy(self._folder / OPTIMIZER_FILE, folder / OPTIMIZER_FILE)
                write_resume_facts(resume, folder)

    def _write(self, weights: Mapping[str, NDArray[Any]], slots: Mapping[str, NDArray[Any]] | None) -> None:
        """Write the large files; an error waits for the thread that publishes."""
        try:
            with self._timeline.span("write the checkpoint"):
                self._folder.mkdir(parents=True)
                save_arrays(weights, self._folder / WEIGHTS_FILE)
                if slots is not None:
                    save_arrays(slots, self._folder / OPTIMIZER_FILE)
        except BaseException as error:  # noqa: BLE001 - raised again by `_publish`
            self._error = error
