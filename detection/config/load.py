"""Read and write `pipeline.config`, the Object Detection API's description of a training job."""

import stat
from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.explain import mistakes_in
from sweepbox.detection.config.fields import schema_of
from sweepbox.detection.config.file_kinds import kind_of_bytes, kind_of_text, of_another_schema
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import write_text
from sweepbox.detection.core.printable import SHOWN_PROBLEMS, shortened

MOST_BYTES = 32 * 2**20
"""The size of the largest config or label map that is read."""

LONGEST_MESSAGE = 300
_FILES = ("TrainEvalPipelineConfig", "StringIntLabelMap")
"""The message types of whole files: the config's, the label map's."""

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
    """Return a file's text; ConfigError if it is not UTF-8, not a regular file or larger than `MOST_BYTES`."""
    data = read_bytes(Path(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = kind_of_bytes(data)
        if what is not None:
            raise ConfigError(f"{path}: is {what}") from None
        raise ConfigError(
            f"{path}: not a text file in UTF-8 (byte {error.start}); is it the right file?"
        ) from None


def read_bytes(path: Path) -> bytes:
    """Return a file's content; ConfigError if it is not a regular file or larger than `MOST_BYTES`."""
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ConfigError(f"{path}: is not a regular file; name a file")
    if status.st_size > MOST_BYTES:
        raise ConfigError(
            f"{path}: has {status.st_size / 2**20:.0f} MiB, and at most {MOST_BYTES // 2**20} are read; is it "
            "the right file?"
        )
    return path.read_bytes()


def parse_message(text: str, message: MessageT, *, source: str) -> MessageT:
    """Merge `text` into `message` and return it; ConfigError lists every mistake, one a line."""
    try:
        text_format.Parse(text, message)
    except (text_format.ParseError, UnicodeError) as error:
        schema = schema_of(message)
        if schema.name in _FILES:
            what = kind_of_text(text) or of_another_schema(text, is_config=schema.name == _FILES[0])
            if what is not None:
                raise ConfigError(f"{source}: is {what}") from None
        mistakes = mistakes_in(text, schema)
        if not mistakes:
            raise ConfigError(f"{source}:{shortened(str(error), LONGEST_MESSAGE)}") from None
        lines = [f"{source}:{mistake.line}:{mistake.column}: {mistake.message}" for mistake in mistakes]
        if len(mistakes) == SHOWN_PROBLEMS:
            lines.append(f"{source}: the first {SHOWN_PROBLEMS} mistakes are shown; the rest is not read")
        raise ConfigError("\n".join(lines)) from None
    return message
