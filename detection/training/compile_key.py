"""What of a training run is compiled in: runs with equal keys share one compiled program."""

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
    """The part of a config that is compiled in; every other field is a value in the program.

    Attributes:
        detector: `model.ssd` without its dynamic values, serialised.
        augmentations: Name and static fields of each augmentation option, in config order.
        optimizer: Name of the optimizer, None where the config has none.
        batch_size: Images of a training batch.
        evaluation_group: `eval_config.batch_size`; images that share the normalisation of their losses.
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
    """Names a compiled program; two runs share one if their keys are equal.

    It is computed from the config alone, without loading Keras. The precision and the shapes of the data are
    added where they are known: a sweep compares configs, a process also the precision, a run all three.

    Attributes:
        fields: What the config contributes.
        precision: The number format of the network, None where it is not decided yet.
        shapes: The sizes of canvases and batches that the decoded images lead to, empty where none are open.
    """

    fields: CompiledFields
    precision: Precision | None = None
    shapes: tuple[Hashable, ...] = ()

    @classmethod
    def of(cls, config: pb.TrainEvalPipelineConfig, precision: Precision | None = None) -> Self:
        """Return the key of a config; ConfigError where an augmentation option is not supported."""
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
        """Return the key of the same program compiled for data of these shapes."""
        return replace(self, shapes=shapes)

    @property
    def id(self) -> str:
        """12 hexadecimal digits that name `fields` in trial records, the same in every process.

        Precision and shapes do not count: they are the same for all trials of a sweep on one machine.
        """
        return hashlib.sha256(repr(astuple(self.fields)).encode()).hexdigest()[:12]


def freezing_patterns(config: pb.TrainConfig) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of both fields that say which variables are not trained."""
    return tuple(tuple(getattr(config, field)) for field in FREEZING_FIELDS)


def keeps_average(config: pb.TrainEvalPipelineConfig) -> bool:
    """Return whether a run keeps the moving average of its weights: only where evaluation reads it."""
    return config.train_config.optimizer.use_moving_average and config.eval_config.use_moving_averages
