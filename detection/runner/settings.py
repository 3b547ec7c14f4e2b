"""The settings of a training run."""

from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.memory import check_memory
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, DataError
from sweepbox.detection.core.evaluation_plan import EvaluationPlan
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import own_name
from sweepbox.detection.data.held_out import HeldOut
from sweepbox.detection.model.precision import Precision


@dataclass(frozen=True)
class RunSettings:
    """The settings of a training run.

    Attributes:
        config: The config.
        train_records: TFRecord files, or one `.arrow` file of decoded images (see `export_decoded_cache`).
        validation_records: The same for validation.
        label_map: The classes.
        directory: The folder that the run writes to.
        seed: Seed of the initial weights, the order of the data and the augmentations.
        precision: The number format of the network.
        evaluate_every: Steps between evaluations; None for ten evaluations.
        metric: The metric that selects the best checkpoint, by our name or the Object Detection API's; stored
            by our name.
        initial_weights: A file of backbone weights, an Object Detection API checkpoint, or `imagenet`; None for
            the config's `fine_tune_checkpoint`, if it is set.
        cache_directory: The folder for decoded images; None for a folder beside the records.
        held_out: In a fold of a cross-validation the records of both parts that are validated on, while all
            others are trained on; None to train on the one part and to validate on the other.
        log_images: How many validation images are drawn at each evaluation.
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
    held_out: HeldOut | None = None
    log_images: int = 0

    def __post_init__(self) -> None:
        """Store the metric by our name."""
        object.__setattr__(self, "metric", own_name(self.metric))

    @property
    def total_steps(self) -> int:
        """The number of steps of the run; ConfigError if the config does not set it."""
        steps = int(self.config.train_config.num_steps)
        if steps < 1:
            raise ConfigError(
                "train_config.num_steps is 0; set the number of training steps (--set num_steps=2000)"
            )
        return steps

    @property
    def evaluation_plan(self) -> EvaluationPlan:
        """The steps after which the model is evaluated; ConfigError if `evaluate_every` is below 1."""
        if self.evaluate_every is not None and self.evaluate_every < 1:
            raise ConfigError(f"evaluate_every is {self.evaluate_every}; set it to at least 1 step")
        return EvaluationPlan(self.total_steps, self.evaluate_every)


def check_settings(settings: RunSettings) -> None:
    """Check that the settings are consistent.

    Raises:
        ConfigError: The number of classes differs from the label map, the batch size is 0, the config is not
            supported, or training takes more memory than the machine has.
        DataError: There are no training or no validation records.
    """
    configured, found = settings.config.model.ssd.num_classes, settings.label_map.num_classes
    if configured != found:
        raise ConfigError(
            f"model.ssd.num_classes is {configured}, but the label map has {found} "
            f"({', '.join(settings.label_map.names)}); make them equal"
        )
    if settings.config.train_config.batch_size < 1:
        raise ConfigError("train_config.batch_size is 0; set it to at least 1")
    check_supported(settings.config)
    check_memory(settings.config)
    if not settings.train_records or not settings.validation_records:
        raise DataError("a run needs training records and validation records; prepare the data")
