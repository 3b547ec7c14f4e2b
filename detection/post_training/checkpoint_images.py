"""The annotated images that a checkpoint is evaluated on, and its predictions for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.checkpoint.files import CONFIG_FILE
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.post_training.annotated import AnnotatedFrame, frames_of
from sweepbox.detection.post_training.predict import predict_checkpoint
from sweepbox.detection.post_training.raw_predictions import RawPredictions
from sweepbox.detection.runner.records import evaluation_reader, image_bound


@dataclass(frozen=True, eq=False)
class CheckpointImages:
    """The annotated images that a checkpoint is evaluated on.

    Attributes:
        checkpoint: The checkpoint folder.
        config: Its config.
        label_map: Its classes.
        records: The decoded images.
        indices: Which of them its config evaluates, in order.
        frames: The annotations of these.
    """

    checkpoint: Path
    config: pb.TrainEvalPipelineConfig
    label_map: LabelMap
    records: RecordSet
    indices: NDArray[np.int64]
    frames: tuple[AnnotatedFrame, ...]

    @classmethod
    def of(
        cls, checkpoint: Path, records: Sequence[Path], *, cache_directory: Path | None = None
    ) -> "CheckpointImages":
        """Return the images of records for a checkpoint.

        Args:
            checkpoint: The checkpoint folder.
            records: The TFRecord files of the validation part, or its file of decoded images.
            cache_directory: The folder of decoded images; by default one beside the records.

        Raises:
            DataError: The records are missing or damaged.
        """
        config = load_config(checkpoint / CONFIG_FILE)
        label_map = load_label_map(checkpoint / LABEL_MAP_FILE)
        record_set = open_record_set(
            records, label_map, cache_directory=cache_directory, max_side=image_bound(config)
        )
        indices = Reading.of(evaluation_reader(config)).evaluated(record_set.files)
        return cls(checkpoint, config, label_map, record_set, indices, frames_of(record_set, indices))

    @property
    def objects(self) -> int:
        """The number of objects."""
        return sum(len(frame.ground_truth) for frame in self.frames)

    def predict(
        self, *, file: Path | None = None, on_progress: Callable[[int, int], None] | None = None
    ) -> RawPredictions:
        """Return the predictions of the checkpoint before suppression; see `predict_checkpoint`."""
        return predict_checkpoint(
            self.checkpoint, self.config, self.records, self.indices, file=file, on_progress=on_progress
        )
