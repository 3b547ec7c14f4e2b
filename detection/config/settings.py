"""The value that a config has at a path or alias."""

from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import ALIASES, expand_alias
from sweepbox.detection.config.fields import Scalar, get_plain, is_message, is_repeated, plain_value, schema_of
from sweepbox.detection.config.paths import Step, option_position, parent_of, parse_path


def setting_of(config: pb.TrainEvalPipelineConfig, path: str) -> Scalar | None:
    """Return what a config has at a path or alias of `Edit`.

    A scalar field has its value or its default; a message or an option has whether it is present. None where
    the message around it is absent, or for a whole list.

    Raises:
        ConfigError: The path names no field, or the config has no setting that the alias means.
    """
    if path == "optimizer":
        chosen: str | None = config.train_config.optimizer.WhichOneof("optimizer")
        return chosen
    if path in ALIASES:
        path = expand_alias(config, path, 1)[0][0]
    steps = parse_path(path, schema_of(config))
    parent: Any = parent_of(config, steps, path, create=False)
    return None if parent is None else _value_at(parent, steps[-1], path)


def _value_at(parent: Any, step: Step, path: str) -> Scalar | None:
    if step.option is not None:
        return option_position(parent, step, path) is not None
    if is_repeated(step.field):
        values = getattr(parent, step.field.name)
        if step.index is None or step.index >= len(values):
            return None
        return True if is_message(step.field) else plain_value(step.field, values[step.index])
    if is_message(step.field):
        return bool(parent.HasField(step.field.name))
    return get_plain(parent, step.field.name)
