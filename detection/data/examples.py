"""Converts a record to and from a `tf.train.Example` with the Object Detection API's feature keys."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap

BOX_KEYS = tuple(f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax"))
UNKNOWN_CLASS = -1


@dataclass(frozen=True, eq=False)
class Record:
    """One image with its annotated objects, as in a TFRecord.

    Attributes:
        encoded: The bytes of an image file.
        image_format: "jpeg" or "png".
        filename: The name of the image file.
        source_id: A name that is unique within the data set.
        height: The height of the stored image in pixels; 1 if a record of other tools does not state it.
        width: The width of the stored image in pixels; 1 if a record of other tools does not state it.
        ground_truth: The objects.
    """

    encoded: bytes
    image_format: str
    filename: str
    source_id: str
    height: int
    width: int
    ground_truth: GroundTruth


def encode_example(record: Record, label_map: LabelMap) -> bytes:
    """Return the record as a serialised Example; DataError for a class id that the label map lacks."""
    truth = record.ground_truth
    class_ids = [int(class_id) for class_id in truth.class_ids]
    unknown = sorted(set(class_ids) - set(label_map.ids))
    if unknown:
        raise DataError(
            f"{record.filename}: class id {unknown[0]} is not in the label map (it has {list(label_map.ids)})"
        )
    texts = [
        ("image/encoded", [record.encoded]),
        ("image/format", [record.image_format.encode()]),
        ("image/filename", [record.filename.encode()]),
        ("image/source_id", [record.source_id.encode()]),
        ("image/key/sha256", [hashlib.sha256(record.encoded).hexdigest().encode()]),
        ("image/object/class/text", [label_map.text_of(class_id).encode() for class_id in class_ids]),
    ]
    integers = [
        ("image/height", [record.height]),
        ("image/width", [record.width]),
        ("image/object/class/label", class_ids),
        ("image/object/difficult", truth.difficult.astype(int).tolist()),
        ("image/object/is_crowd", truth.crowd.astype(int).tolist()),
        ("image/object/group_of", truth.group_of.astype(int).tolist()),
    ]
    numbers = [
        ("image/object/weight", truth.weights.tolist()),
        *((key, truth.boxes_yxyx[:, column].tolist()) for column, key in enumerate(BOX_KEYS)),
    ]
    return _serialise({"bytes_list": texts, "int64_list": integers, "float_list": numbers})


def _serialise(features: dict[str, list[tuple[str, list[Any]]]]) -> bytes:
    """Serialise features by kind with sorted keys, so that a record has the same bytes everywhere."""
    import tensorflow as tf

    example = tf.train.Example()
    for kind, entries in features.items():
        for key, values in entries:
            written = getattr(example.features.feature[key], kind)
            written.SetInParent()  # write a feature even if it has no values
            written.value.extend(values)
    return bytes(example.SerializeToString(deterministic=True))


def decode_example(serialised: bytes, label_map: LabelMap | None, *, place: str) -> Record:
    """Return the record of a serialised Example; see `detection.data.records.read_records` for the rules.

    `place` is the name of file and record in error messages.
    """
    fields = _Fields(serialised, place)
    encoded = fields.text("image/encoded")
    if not encoded:
        raise DataError(f"{place}: feature image/encoded is missing; a record needs the bytes of its image")
    height, width = (
        int(fields.numbers(f"image/{side}", 1, np.int64, fill=1)[0]) for side in ("height", "width")
    )
    return Record(
        encoded=encoded,
        image_format=fields.text("image/format").decode() or "jpeg",
        filename=fields.text("image/filename").decode(),
        source_id=fields.text("image/source_id").decode(),
        height=height,
        width=width,
        ground_truth=_ground_truth(fields, label_map),
    )


def _ground_truth(fields: "_Fields", label_map: LabelMap | None) -> GroundTruth:
    """Return the objects with a known class and a box without NaN."""
    count = len(fields.raw(BOX_KEYS[0]))
    columns = [fields.numbers(key, count, np.float32, fill=None) for key in BOX_KEYS]
    boxes_yxyx = np.ascontiguousarray(np.array(columns).T)
    class_ids = _class_ids(fields, count, label_map)
    known = ~np.isnan(boxes_yxyx).any(axis=1) & (class_ids != UNKNOWN_CLASS)
    keep = slice(None) if known.all() else known
    difficult, crowd, group_of = (
        fields.numbers(f"image/object/{flag}", count, np.int64, fill=0)[keep].astype(np.bool_)
        for flag in ("difficult", "is_crowd", "group_of")
    )
    return GroundTruth(
        boxes_yxyx=boxes_yxyx[keep],
        class_ids=class_ids[keep],
        weights=fields.numbers("image/object/weight", count, np.float32, fill=1)[keep],
        difficult=difficult,
        crowd=crowd,
        group_of=group_of,
    )


def _class_ids(fields: "_Fields", count: int, label_map: LabelMap | None) -> NDArray[np.int64]:
    """Return 1-based class ids `[count]`: from the text if there is a label map, else from the labels."""
    texts = fields.raw("image/object/class/text")
    if label_map is None or not texts:
        labels = fields.numbers("image/object/class/label", count, np.int64, fill=None)
        known = set(labels.tolist()) if label_map is None else set(label_map.ids)
        return np.where(np.isin(labels, sorted(known)), labels, UNKNOWN_CLASS)
    fields.check_count("image/object/class/text", len(texts), count)
    ids = [label_map.id_of(text.decode()) for text in texts]
    return np.array([UNKNOWN_CLASS if class_id is None else class_id for class_id in ids], np.int64)


class _Fields:
    """The features of one Example by name, checked for type and number of values."""

    def __init__(self, serialised: bytes, place: str) -> None:
        import tensorflow as tf
        from google.protobuf.message import DecodeError

        self._place = place
        try:
            self._features = tf.train.Example.FromString(serialised).features.feature
        except DecodeError as error:
            raise DataError(f"{place}: it is not a tf.train.Example; write the file again") from error

    def raw(self, key: str) -> list[Any]:
        """Return the values of a feature of any type; an absent feature has none."""
        if key not in self._features:
            return []
        feature = self._features[key]
        kind = feature.WhichOneof("kind")
        return getattr(feature, kind).value[:] if kind else []

    def text(self, key: str) -> bytes:
        """Return the single value of a bytes feature; empty if it is absent."""
        values = self.raw(key)
        if values and not isinstance(values[0], bytes):
            raise DataError(
                f"{self._place}: feature {key} must hold bytes, it holds {type(values[0]).__name__}"
            )
        return values[0] if values else b""

    def numbers(self, key: str, count: int, dtype: type, *, fill: float | None) -> NDArray[Any]:
        """Return the values `[count]` of a numeric feature, or `fill` for an absent one if it is not None."""
        values = self.raw(key)
        if not values and fill is not None:
            return np.full(count, fill, dtype)
        self.check_count(key, len(values), count)
        if values and isinstance(values[0], bytes):
            raise DataError(f"{self._place}: feature {key} must hold numbers, it holds bytes")
        return np.array(values, dtype)

    def check_count(self, key: str, found: int, wanted: int) -> None:
        """Raise DataError unless a feature has one value for each object."""
        if found != wanted:
            raise DataError(f"{self._place}: feature {key} has {found} values but there are {wanted} objects")
