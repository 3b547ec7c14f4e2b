"""Read and write `pipeline.config`, the Object Detection API's description of a training job."""

from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.explain import mistakes_in
from sweepbox.detection.config.fields import schema_of
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import write_text

MessageT = TypeVar("MessageT", bound=Message)


def load_config(path: Path) -> pb.TrainEvalPipelineConfig:
    """Return the message in a `pipeline.config`; `check_supported` checks whether it can be trained.

    Raises:
        ConfigError: The text is malformed; the message names file, line, column, field and the nearest valid
            name for every mistake.
        OSError: The file cannot be read.
    """
    return parse_config(read_text(path), source=str(path))


def parse_config(text: str, *, source: str = "<text>") -> pb.TrainEvalPipelineConfig:
    """Return the message in `text` (protobuf's text format); errors name `source` as the file."""
    return parse_message(text, pb.TrainEvalPipelineConfig(), source=source)


def format_config(config: pb.TrainEvalPipelineConfig) -> str:
    """Return the config as text, fields in the schema's order, floats with the fewest digits that keep them."""
    return text_format.MessageToString(config, as_utf8=True)


def save_config(config: pb.TrainEvalPipelineConfig, path: Path) -> None:
    """Write the config to `path` as text, atomically."""
    write_text(path, format_config(config))


def read_text(path: Path) -> str:
    """Return a file's text; ConfigError if it is not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not a text file in UTF-8 (byte {error.start}); is it the right file?"
        ) from None


def parse_message(text: str, message: MessageT, *, source: str) -> MessageT:
    """Merge `text` into `message` and return it; ConfigError lists every mistake, one a line."""
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        mistakes = mistakes_in(text, schema_of(message))
        if not mistakes:
            raise ConfigError(f"{source}:{error}") from None
        lines = [f"{source}:{mistake.line}:{mistake.column}: {mistake.message}" for mistake in mistakes]
        raise ConfigError("\n".join(lines)) from None
    return message
