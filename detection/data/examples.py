"""Converts a record to and from a `tf.train.Example` with the Object Detection API's feature keys."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dropped import Dropped, DropReason

BOX_KEYS = tuple(f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax"))
UNKNOWN_CLASS = np.iinfo(np.int64).min
"""Marks the class of an object that is dropped; no record has this number, as numbers are checked."""
LARGEST_NUMBER = 2.0**53
"""Whole numbers, such as sizes and class numbers, are below it."""


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
        dropped: The number of objects that the file has, but `ground_truth` has not.
    """

    encoded: bytes
    image_format: str
    filename: str
    source_id: str
    height: int
    width: int
    ground_truth: GroundTruth
    dropped: Dropped = field(default_factory=Counter)


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
    encoded = fields.single("image/encoded")
    if not encoded:
        raise DataError(f"{place}: feature image/encoded is missing; a record needs the bytes of its image")
    height, width = (
        int(fields.numbers(f"image/{side}", 1, np.int64, fill=1, least=0)[0]) for side in ("height", "width")
    )
    truth, dropped = _ground_truth(fields, label_map)
    return Record(
        encoded=encoded,
        image_format=fields.text("image/format") or "jpeg",
        filename=fields.text("image/filename"),
        source_id=fields.text("image/source_id"),
        height=height,
        width=width,
        ground_truth=truth,
        dropped=dropped,
    )


def _ground_truth(fields: "_Fields", label_map: LabelMap | None) -> tuple[GroundTruth, Dropped]:
    """Return the objects with a known class and a box without NaN, and the number of the others."""
    count = len(fields.raw(BOX_KEYS[0]))
    columns = [fields.numbers(key, count, np.float32, fill=None) for key in BOX_KEYS]
    boxes_yxyx = np.ascontiguousarray(np.array(columns).T)
    class_ids, names, reason = _class_ids(fields, count, label_map)
    difficult, crowd, group_of = (
        fields.numbers(f"image/object/{flag}", count, np.int64, fill=0).astype(np.bool_)
        for flag in ("difficult", "is_crowd", "group_of")
    )
    truth = GroundTruth(
        boxes_yxyx=boxes_yxyx,
        class_ids=class_ids,
        weights=fields.numbers("image/object/weight", count, np.float32, fill=1, least=0),
        difficult=difficult,
        crowd=crowd,
        group_of=group_of,
    )
    is_unknown, is_nan = class_ids == UNKNOWN_CLASS, np.isnan(boxes_yxyx).any(axis=1)
    if not (is_unknown | is_nan).any():
        return truth, Counter()
    dropped: Dropped = Counter((reason, names[index]) for index in np.flatnonzero(is_unknown))
    for class_id in class_ids[is_nan & ~is_unknown].tolist():
        dropped[DropReason.NAN, label_map.name_of(class_id) if label_map else str(class_id)] += 1
    return truth.select(~is_unknown & ~is_nan), dropped


def _class_ids(
    fields: "_Fields", count: int, label_map: LabelMap | None
) -> tuple[NDArray[np.int64], list[str], DropReason]:
    """Return 1-based class ids `[count]`: from the text if there is a label map, else from the labels.

    Also returned are the names or numbers that they are from, and why an unknown one is dropped.
    """
    texts = [] if label_map is None else fields.texts("image/object/class/text")
    if label_map is None or not texts:
        labels = fields.numbers("image/object/class/label", count, np.int64, fill=None)
        known = labels if label_map is None else np.array(label_map.ids, np.int64)
        ids = np.where(np.isin(labels, known), labels, UNKNOWN_CLASS)
        return ids, [str(label) for label in labels.tolist()], DropReason.UNKNOWN_NUMBER
    fields.check_count("image/object/class/text", len(texts), count)
    found = [label_map.id_of(text) for text in texts]
    ids = np.array([UNKNOWN_CLASS if class_id is None else class_id for class_id in found], np.int64)
    return ids, texts, DropReason.UNKNOWN_NAME


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

    def single(self, key: str) -> bytes:
        """Return the first value of a bytes feature; empty if it is absent."""
        return next(iter(self._bytes(key)), b"")

    def text(self, key: str) -> str:
        """Return the first value of a text feature; empty if it is absent."""
        return next(iter(self.texts(key)), "")

    def texts(self, key: str) -> list[str]:
        """Return the values of a text feature, which must be UTF-8."""
        try:
            return [value.decode() for value in self._bytes(key)]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self._place}: feature {key} is not UTF-8 text ({error.object[:40]!r}); write it as UTF-8"
            ) from error

    def _bytes(self, key: str) -> list[bytes]:
        values = self.raw(key)
        if values and not isinstance(values[0], bytes):
            raise DataError(
                f"{self._place}: feature {key} must hold bytes, it holds {type(values[0]).__name__}"
            )
        return values

    def numbers(
        self, key: str, count: int, dtype: type, *, fill: float | None, least: float | None = None
    ) -> NDArray[Any]:
        """Return the values `[count]` of a numeric feature, or `fill` for an absent one if it is not None.

        DataError if one of them is below `least`, or is not finite although whole numbers or `least` are asked
        for.
        """
        values = self.raw(key)
        if not values and fill is not None:
            return np.full(count, fill, dtype)
        self.check_count(key, len(values), count)
        if values and isinstance(values[0], bytes):
            raise DataError(f"{self._place}: feature {key} must hold numbers, it holds bytes")
        found: NDArray[Any] = np.array(values, np.float64 if values and isinstance(values[0], float) else dtype)
        if dtype is np.int64 or least is not None:
            meant = (found > -LARGEST_NUMBER) & (found < LARGEST_NUMBER)
            wrong = ~meant if least is None else ~meant | (found < least)
            if wrong.any():
                expected = "a finite number" if least is None else f"a finite number of at least {least:g}"
                raise DataError(
                    f"{self._place}: feature {key} has the value {values[int(wrong.argmax())]}, "
                    f"expected {expected}; write the record again"
                )
        return found.astype(dtype)

    def check_count(self, key: str, found: int, wanted: int) -> None:
        """Raise DataError unless a feature has one value for each object."""
        if found != wanted:
            raise DataError(f"{self._place}: feature {key} has {found} values but there are {wanted} objects")
