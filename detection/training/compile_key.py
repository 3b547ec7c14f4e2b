"""The key of a compiled program: runs with equal keys share it."""

import hashlib
from collections.abc import Hashable
from dataclasses import astuple, dataclass, replace
from typing import Self

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.options import read_options
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.static import detector_part

FREEZING_FIELDS = ("freeze_variables", "update_trainable_variables")


@dataclass(frozen=True)
class CompiledFields:
    """The static part of a config, which is compiled into the program; every other field is a value in it.

    Attributes:
        detector: `model.ssd` without its dynamic values, serialised.
        augmentations: Name and static fields of each augmentation option, in config order.
        optimizer: Name of the optimizer, None if the config has none.
        batch_size: Images in a training batch.
        evaluation_group: `eval_config.batch_size`, the number of images whose losses are normalised together.
        freezing: Patterns of each of `FREEZING_FIELDS`.
        average: Whether the run keeps moving averages of its weights.
    """

    detector: bytes
    augmentations: tuple[tuple[Hashable, ...], ...]
    optimizer: str | None
    batch_size: int
    evaluation_group: int
    freezing: tuple[tuple[str, ...], ...]
    average: bool


@dataclass(frozen=True)
class CompileKey:
    """Identifies a compiled program; runs with equal keys share it.

    It is computed from the config alone, without loading Keras. Precision and data shapes are added when they
    are known: a sweep compares configs, a process also the precision, a run all three.

    Attributes:
        fields: The static part of the config.
        precision: The number format of the network, None if it is not known yet.
        shapes: Canvas and batch sizes, from the decoded images; empty if they are not known yet.
    """

    fields: CompiledFields
    precision: Precision | None = None
    shapes: tuple[Hashable, ...] = ()

    @classmethod
    def of(cls, config: pb.TrainEvalPipelineConfig, precision: Precision | None = None) -> Self:
        """Return the key of a config.

        Raises:
            ConfigError: An augmentation option is not supported.
        """
        train = config.train_config
        fields = CompiledFields(
            detector=detector_part(config.model.ssd),
            augmentations=tuple(
                option.compile_part for option in read_options(train.data_augmentation_options)
            ),
            optimizer=train.optimizer.WhichOneof("optimizer"),
            batch_size=train.batch_size,
            evaluation_group=config.eval_config.batch_size,
            freezing=freezing_patterns(train),
            average=keeps_average(config),
        )
        return cls(fields, precision)

    def with_shapes(self, shapes: tuple[Hashable, ...]) -> Self:
        """Return the same key with data shapes."""
        return replace(self, shapes=shapes)

    @property
    def id(self) -> str:
        """12 hexadecimal digits that identify `fields` in trial records, the same in every process.

        Precision and shapes are not included: they are the same for all trials of a sweep on one machine.
        """
        return hashlib.sha256(repr(astuple(self.fields)).encode()).hexdigest()[:12]


def freezing_patterns(config: pb.TrainConfig) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of each of `FREEZING_FIELDS`."""
    return tuple(tuple(getattr(config, field)) for field in FREEZING_FIELDS)


def keeps_average(config: pb.TrainEvalPipelineConfig) -> bool:
    """Return whether a run keeps the moving averages of its weights: only if evaluation uses them."""
    return config.train_config.optimizer.use_moving_average and config.eval_config.use_moving_averages
