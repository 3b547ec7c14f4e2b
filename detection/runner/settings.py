"""What one training run is made of."""

from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import own_name
from sweepbox.detection.model.precision import Precision


@dataclass(frozen=True)
class RunSettings:
    """What one training run is made of.

    The records are TFRecord files, or one `.arrow` file of decoded images (see `export_decoded_cache`) for each
    part. `directory` receives what the run writes; `evaluate_every` counts steps (None: a tenth of the run);
    `metric` decides which checkpoint is the best (by our name or the Object Detection API's, kept as ours);
    `initial_weights` is a file of backbone weights, an Object Detection API checkpoint or the word `imagenet`
    (None: what the config's `fine_tune_checkpoint` names, if anything); `cache_directory` is where decoded
    images are kept (None: beside the records).
    """

    config: pb.TrainEvalPipelineConfig
    train_records: tuple[Path, ...]
    validation_records: tuple[Path, ...]
    label_map: LabelMap
    directory: Path
    seed: int = 0
    precision: Precision = Precision.FLOAT32
    evaluate_every: int | None = None
    metric: str = "mAP"
    initial_weights: str | None = None
    cache_directory: Path | None = None

    def __post_init__(self) -> None:
        """Take the metric by our name."""
        object.__setattr__(self, "metric", own_name(self.metric))

    @property
    def total_steps(self) -> int:
        """The length of the run; ConfigError where the config states none."""
        steps = int(self.config.train_config.num_steps)
        if steps < 1:
            raise ConfigError(
                "train_config.num_steps is 0, so the run has no end; set it (--set num_steps=2000)"
            )
        return steps

    @property
    def evaluation_interval(self) -> int:
        """The number of steps from one evaluation to the next."""
        if self.evaluate_every is not None and self.evaluate_every < 1:
            raise ConfigError(f"evaluate_every is {self.evaluate_every}; give at least 1 step")
        return self.evaluate_every or -(-self.total_steps // 10)


def check_settings(settings: RunSettings) -> None:
    """Raise ConfigError where settings contradict each other."""
    asked, given = settings.config.model.ssd.num_classes, settings.label_map.num_classes
    if asked != given:
        raise ConfigError(
            f"model.ssd.num_classes is {asked}, but the label map has {given} "
            f"({', '.join(settings.label_map.names)}); make them equal"
        )
    if settings.config.train_config.batch_size < 1:
        raise ConfigError("train_config.batch_size is 0; give it at least 1")
    if not settings.train_records or not settings.validation_records:
        raise DataError("a run needs training records and validation records; prepare the data")
