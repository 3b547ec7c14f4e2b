"""Read and write `label_map.pbtxt`, the Object Detection API's list of classes."""

from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import parse_message, read_bytes, read_text
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import StrPath, write_text
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.printable import first_of, shortened

LABEL_MAP_FILE = "label_map.pbtxt"
"""The name of a label map in the folder of a data set, a run, a checkpoint or a model."""


def load_label_map(path: Path) -> LabelMap:
    """Return the classes of a label map in text format, or in the binary format that some tools write.

    ConfigError names file, line, column and field of a mistake. OSError if the file cannot be read.
    """
    try:
        return parse_label_map(read_text(path), source=str(path))
    except ConfigError:
        message = _from_binary(read_bytes(Path(path)))
        if message is None:
            raise
        return _to_label_map(message, str(path))


def as_label_map(labels: LabelMap | StrPath) -> LabelMap:
    """Return classes, read from a label map's file where `labels` names one."""
    return labels if isinstance(labels, LabelMap) else load_label_map(Path(labels))


def parse_label_map(text: str, *, source: str = "<text>") -> LabelMap:
    """Return the classes of a label map in text format; errors name `source` as the file."""
    return _to_label_map(parse_message(text, pb.StringIntLabelMap(), source=source), source)


def save_label_map(label_map: LabelMap, path: Path) -> None:
    """Write the classes to `path` in text format, atomically, with all fields that `load_label_map` read."""
    message = pb.StringIntLabelMap()
    stored, others = dict(label_map.stored_names), dict(label_map.other_fields)
    for class_id, shown in label_map.items:
        item = message.item.add(id=class_id)
        if class_id in stored:
            item.display_name = shown
        if name := stored.get(class_id, shown):
            item.name = name
        text_format.Merge(others.get(class_id, ""), item)
    write_text(path, text_format.MessageToString(message, as_utf8=True))


def _from_binary(data: bytes) -> pb.StringIntLabelMap | None:
    """Return the message that `data` serialises, or None if it is no label map."""
    try:
        message = pb.StringIntLabelMap.FromString(data)
    except DecodeError:
        return None
    return message if any(item.name or item.display_name for item in message.item) else None


def _to_label_map(message: pb.StringIntLabelMap, source: str) -> LabelMap:
    """Check the items and return them, without the background (id 0).

    A class is named by its `display_name` if it has one, as in the Object Detection API's metrics.
    """
    items, stored, others, problems = [], [], [], []
    for position, item in enumerate(message.item, start=1):
        name = item.display_name or item.name
        shown = shortened(name)
        if not item.HasField("id"):
            problems.append(
                f"{source}: item {position} ({shown or 'without a name'}) has no id; add one from 1 up"
            )
        elif not name:
            problems.append(f"{source}: item {position} (id {item.id}) has no name; add one")
        elif item.id == 0 and name != "background":
            problems.append(f"{source}: {shown!r} has id 0, which is the background's; number classes from 1")
        elif item.id != 0:
            items.append((item.id, name))
            stored += [(item.id, item.name)] if item.display_name else []
            others += [(item.id, text)] if (text := _other_fields(item)) else []
    if problems:
        raise ConfigError("\n".join(first_of(problems)))
    try:
        return LabelMap(tuple(items), tuple(stored), tuple(others))
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def _other_fields(item: pb.StringIntLabelMapItem) -> str:
    """Return the fields of an item other than id and names, as one line of text format."""
    rest = pb.StringIntLabelMapItem()
    rest.CopyFrom(item)
    for field in ("id", "name", "display_name"):
        rest.ClearField(field)
    return text_format.MessageToString(rest, as_one_line=True, as_utf8=True)
