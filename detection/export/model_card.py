"""The model card of an exported model: usage, metrics, training settings and provenance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from google.protobuf import text_format

from sweepbox.detection.checkpoint.folder import CheckpointMetadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import BASE_RATE_FIELDS, schedule_of
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import fingerprint
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.thresholds import OperatingThresholds
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.tuned import TunedOutput
from sweepbox.detection.model.ssd import input_size

INPUTS = {
    InputType.IMAGE_TENSOR: (
        'image = np.asarray(Image.open("picture.jpg").convert("RGB"))',
        "tf.convert_to_tensor(image)[tf.newaxis]",
        "It takes one image: uint8 `[1, height, width, 3]`, RGB.",
    ),
    InputType.FLOAT_IMAGE_TENSOR: (
        'image = np.asarray(Image.open("picture.jpg").convert("RGB"), np.float32)',
        "tf.convert_to_tensor(image)[tf.newaxis]",
        "It takes images of one size: float32 `[batch, height, width, 3]`, RGB in 0..255.",
    ),
    InputType.ENCODED_IMAGE_STRING_TENSOR: (
        'encoded = tf.io.read_file("picture.jpg")',
        "encoded[tf.newaxis]",
        "It takes the bytes of JPEG, PNG, BMP or GIF files, of any sizes: string `[batch]`.",
    ),
    InputType.TF_EXAMPLE: (
        'example = next(iter(tf.data.TFRecordDataset("pictures.tfrecord")))',
        "example[tf.newaxis]",
        "It takes serialised Examples, of which it reads `image/encoded`: string `[batch]`.",
    ),
}
"""For each input type: code that reads an image, the argument of the model, and a description."""


def _usage(input_type: InputType) -> str:
    read, argument, words = INPUTS[input_type]
    pixels = "np." in read
    return f"""\
```python
import {"numpy as np, " if pixels else ""}tensorflow as tf{"; from PIL import Image" if pixels else ""}
{read}
detections = tf.saved_model.load("saved_model")({argument})
```

Input type `{input_type}`. {words}

`detections` has `num_detections` `[batch]` and, best first, `detection_boxes` `[batch, n, 4]` (ymin, xmin,
ymax, xmax, relative to the image, 0..1), `detection_scores` and `detection_classes` `[batch, n]` (ids as
below). On the command line: `sweepbox detect FOLDER picture.jpg --out detections`, where FOLDER is the folder
of this file."""


@dataclass(frozen=True)
class CardExtras:
    """Information that is not in a checkpoint folder, as far as it is known.

    Attributes:
        origin: Where the checkpoint comes from, such as a trial of a sweep.
        changes: The differences between the base config and the config of the model.
        images: The number of images by part of the data set (train, validation).
        objects: The number of objects by class and part.
        evidence: Sentences on what the model is worth: validation and test figures with intervals, the verdict.
    """

    origin: str | None = None
    changes: Sequence[Change] | None = None
    images: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    evidence: Sequence[str] = ()


def model_card(
    config: pb.TrainEvalPipelineConfig,
    label_map: LabelMap,
    metadata: CheckpointMetadata,
    weights_sha256: str,
    extras: CardExtras,
    *,
    input_type: InputType = InputType.IMAGE_TENSOR,
    tuned: TunedOutput | None = None,
) -> str:
    """Return the model card in Markdown, without a date or a path, so that the same model has the same card.

    Args:
        config: The config of the model.
        label_map: The classes.
        metadata: The metadata of the checkpoint.
        weights_sha256: The SHA-256 of the weights file, in hexadecimal digits.
        extras: More information.
        input_type: The input type of the model.
        tuned: Suppression and thresholds that were chosen after training.
    """
    ssd = config.model.ssd
    height, width = input_size(ssd.image_resizer)
    sections = [
        f"# Object detector: {len(label_map.items)} classes, {height} x {width}",
        _summary(ssd, height, width),
        "## How to use it",
        _usage(input_type),
        "## Classes and metrics",
        _metrics(label_map, metadata),
        *_tuned(tuned),
        "## Training",
        _table(("setting", "value"), _training(config, metadata)),
        *_evidence(extras),
        *_changes(extras),
        *_data(extras),
        "## Provenance",
        _table(("property", "value"), _provenance(config, metadata, weights_sha256, extras)),
    ]
    return "\n\n".join(sections) + "\n"


def _summary(ssd: pb.Ssd, height: int, width: int) -> str:
    resizer = ssd.image_resizer.WhichOneof("image_resizer_oneof")
    return (
        f"Architecture `{ssd.feature_extractor.type}`. Images may have any size: the model resizes them to "
        f"{height} x {width} (`{resizer}`). It computes in float32."
    )


def _metrics(label_map: LabelMap, metadata: CheckpointMetadata) -> str:
    rows = [
        (str(class_id), name, _number(metadata, f"AP/{name}"), _number(metadata, f"AP@.50/{name}"))
        for class_id, name in label_map.items
    ]
    rows.append(("", "mean of the classes", _number(metadata, "mAP"), _number(metadata, "mAP@.50")))
    table = _table(("id", "class", "AP", "AP@.50"), rows)
    if not metadata.metrics:
        return table + "\n\nThe checkpoint was saved without an evaluation; there are no metrics."
    return table + (
        "\n\nCOCO average precision (AP: mean over IoU .50 to .95) on the validation part at step "
        f"{metadata.step}; - means that there were no objects of the class."
    )


def _tuned(tuned: TunedOutput | None) -> list[str]:
    if tuned is None:
        return []
    lines = "\n".join(f"* {line}" for line in tuned.lines)
    section = ["## Suppression and thresholds", lines]
    return section if tuned.thresholds is None else [*section, _thresholds(tuned.thresholds)]


def _thresholds(thresholds: OperatingThresholds) -> str:
    values = [
        (
            item.name,
            f"{item.threshold:.3f}",
            *map(_score, (item.precision, item.recall, item.f1, item.f1_held_out)),
        )
        for item in thresholds.classes
    ]
    head = ("class", "threshold", "precision", "recall", "F1", "F1 held out")
    return _table(head, values) + (
        f"\n\nThe thresholds are in `thresholds.json` ({thresholds.rule}, IoU {thresholds.iou:g}, "
        f"{thresholds.images} validation images). `sweepbox detect` and `Detector` use them where no threshold "
        "is given; the SavedModel and `sweepbox evaluate` do not."
    )


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _number(metadata: CheckpointMetadata, name: str) -> str:
    value = metadata.metrics.get(name, -1.0)
    return f"{value:.4f}" if value >= 0 else "-"


def _training(config: pb.TrainEvalPipelineConfig, metadata: CheckpointMetadata) -> list[tuple[str, str]]:
    train = config.train_config
    schedule = schedule_of(config)
    rate = "-"
    if schedule is not None:
        kind = train.optimizer.WhichOneof("optimizer") or ""
        name = getattr(train.optimizer, kind).learning_rate.WhichOneof("learning_rate")
        rate = f"{getattr(schedule, BASE_RATE_FIELDS[name]):g} (`{name}`)"
    options = [
        f"`{text_format.MessageToString(step, as_one_line=True)}`" for step in train.data_augmentation_options
    ]
    return [
        ("steps", f"{metadata.step} of {train.num_steps}"),
        ("batch size", str(train.batch_size)),
        ("optimizer", f"`{train.optimizer.WhichOneof('optimizer')}`"),
        ("base learning rate", rate),
        ("precision", metadata.precision),
        ("augmentation", "<br>".join(options) or "none"),
    ]


def _evidence(extras: CardExtras) -> list[str]:
    if not extras.evidence:
        return []
    return ["## How it was chosen, and what it is worth", "\n".join(f"* {text}" for text in extras.evidence)]


def _changes(extras: CardExtras) -> list[str]:
    if extras.changes is None:
        return []
    rows = [(f"`{change.path}`", _shown(change.before), _shown(change.after)) for change in extras.changes]
    table = _table(("field", "base", "here"), rows) if rows else "None."
    return ["## Changes from the base config", table]


def _shown(value: object) -> str:
    return "-" if value is None else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _data(extras: CardExtras) -> list[str]:
    if not extras.images:
        return []
    rows = {"images": extras.images} | {f"objects: {name}": counts for name, counts in extras.objects.items()}
    parts = tuple(extras.images)
    lines = [(name, *(str(counts.get(part, 0)) for part in parts)) for name, counts in rows.items()]
    return ["## Data", _table(("", *parts), lines)]


def _provenance(
    config: pb.TrainEvalPipelineConfig, metadata: CheckpointMetadata, weights_sha256: str, extras: CardExtras
) -> list[tuple[str, str]]:
    rows = [
        ("config fingerprint", f"`{fingerprint(config)}`"),
        ("seed", str(metadata.seed)),
        ("SHA-256 of the weights", f"`{weights_sha256}`"),
    ]
    return [("from", extras.origin), *rows] if extras.origin else rows


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; vertical bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
