"""Which configs share a compiled program: a pure function of the config that loads no Keras."""

import hashlib

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.options import read_options
from sweepbox.detection.model.static import static_message

FREEZING_FIELDS = ("freeze_variables", "update_trainable_variables")

ProgramKey = tuple[bytes, tuple[object, ...], str | None, int, int, tuple[tuple[str, ...], ...], bool]


def program_key(config: pb.TrainEvalPipelineConfig) -> ProgramKey:
    """Return what two configs must have in common for their trainings, at one precision, to share a program.

    ConfigError where an augmentation option is not supported.
    """
    train = config.train_config
    return (
        static_message(config.model.ssd).SerializeToString(deterministic=True),
        tuple(option.static_key for option in read_options(train.data_augmentation_options)),
        train.optimizer.WhichOneof("optimizer"),
        train.batch_size,
        config.eval_config.batch_size,
        freezing_patterns(train),
        keeps_average(config),
    )


def program_id(config: pb.TrainEvalPipelineConfig) -> str:
    """Return the key as 12 hexadecimal digits, the same in every process."""
    return hashlib.sha256(repr(program_key(config)).encode()).hexdigest()[:12]


def freezing_patterns(config: pb.TrainConfig) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of both fields that say which variables training leaves alone."""
    return tuple(tuple(getattr(config, field)) for field in FREEZING_FIELDS)


def keeps_average(config: pb.TrainEvalPipelineConfig) -> bool:
    """Whether a run keeps the moving average of its weights: only where evaluation reads it."""
    return config.train_config.optimizer.use_moving_average and config.eval_config.use_moving_averages
