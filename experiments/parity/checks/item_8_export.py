"""Compare exported models: signature and outputs for the same images, for every input type."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.parity import engine
from experiments.parity.context import FULL_MODEL, Context
from experiments.parity.finding import Finding, largest_absolute, relative_to_largest
from experiments.parity.inputs import export_pictures, padded_config
from experiments.parity.work import Argument
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.saved_model import export_detector

SCRIPT = "exports.py"
TOLERANCE = 1e-4
SMALL_MODEL = "mobilenet_v2_fpnlite_small"
ALL_TYPES = ("image_tensor", "float_image_tensor", "encoded_image_string_tensor", "tf_example")
IN_UNITS = ("detection_boxes", "detection_scores", "detection_multiclass_scores", "raw_detection_scores")
"""Outputs of about 0 to 1, which are compared by absolute difference."""


def submit_runs(context: Context) -> None:
    """Queue the oracle's exports, which take one or two minutes each."""
    for arguments in _cases(context).values():
        context.submit(SCRIPT, *arguments, out="")


def check(context: Context) -> Iterator[Finding]:
    """Compare signatures and outputs of every case."""
    for title, arguments in _cases(context).items():
        theirs = context.oracle(SCRIPT, *arguments, out="")
        name = FULL_MODEL if FULL_MODEL in title else SMALL_MODEL
        folder = context.golden_model(name)
        config = folder / "pipeline.config"
        if "padded" in title:
            config = padded_config(context)
        yield from _compare(context, title, folder, config, theirs)


def _cases(context: Context) -> dict[str, tuple[Argument, ...]]:
    """Return the exports: all types of a small model, its padded variant, and the full-size model."""
    pictures = export_pictures(context)
    small = ("--golden", context.golden_run(SMALL_MODEL).output(), "--pictures", pictures)
    full = ("--golden", context.golden_run(FULL_MODEL).output(), "--pictures", pictures)
    padded = (*small, "--config", padded_config(context), "--types", "image_tensor")
    return {
        SMALL_MODEL: (*small, "--types", *ALL_TYPES),
        f"{SMALL_MODEL} with padded images": padded,
        FULL_MODEL: (*full, "--types", "image_tensor"),
    }


def _compare(context: Context, title: str, folder: Path, config: Path, theirs: Path) -> Iterator[Finding]:
    signatures = json.loads((theirs / "signatures.json").read_text())
    with np.load(theirs / "outputs.npz") as arrays:
        expected = dict(arrays)
    checkpoint = engine.checkpoint_folder(
        engine.golden_detector(folder, config),
        engine.load_config(config),
        context.label_map,
        context.scratch("export") / "checkpoint",
    )
    for kind, signature in signatures.items():
        exported = export_detector(
            checkpoint, context.scratch("export_model") / kind, input_type=InputType(kind)
        )
        model = tf.saved_model.load(str(exported.saved_model))
        function = model.signatures["serving_default"]
        ours = {
            "inputs": _described(function.structured_input_signature[1]),
            "outputs": _described(function.structured_outputs),
        }
        yield Finding.exact(
            item=8,
            name=f"{title}, {kind}: input of the signature",
            equal=ours["inputs"] == signature["inputs"],
            note=str(ours["inputs"]),
        )
        yield Finding.exact(
            item=8,
            name=f"{title}, {kind}: names and types of the outputs",
            equal=_types(ours["outputs"]) == _types(signature["outputs"]),
            note=f"{len(ours['outputs'])} outputs",
        )
        outputs = _call(function, kind, export_pictures(context), expected)
        yield from _outputs(
            f"{title}, {kind}",
            outputs,
            {name: value for name, value in expected.items() if name.startswith(f"{kind}/")},
        )


def _described(specs: Any) -> dict[str, Any]:
    """Return dtype and shape of every entry, as the oracle's script describes them."""
    return {
        name: {"dtype": spec.dtype.name, "shape": spec.shape.as_list() if spec.shape.rank is not None else None}
        for name, spec in specs.items()
    }


def _types(outputs: dict[str, Any]) -> dict[str, str]:
    return {name: spec["dtype"] for name, spec in sorted(outputs.items())}


def _call(function: Any, kind: str, pictures: Path, expected: engine.Arrays) -> engine.Arrays:
    """Return our model's outputs under the oracle's names."""
    calls = {path.name: _argument(kind, path.read_bytes()) for path in sorted(pictures.iterdir())}
    if f"{kind}/batch/num_detections" in expected:
        first = next(iter(calls.values()))
        calls["batch"] = tf.concat([call for call in calls.values() if call.shape == first.shape][:2], 0)
    return {
        f"{kind}/{name}/{key}": value.numpy()
        for name, call in calls.items()
        for key, value in function(input_tensor=call).items()
    }


def _argument(kind: str, encoded: bytes) -> Any:
    """Return the input tensor of one image for an input type."""
    if kind == "tf_example":
        value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded]))
        features = tf.train.Features(feature={"image/encoded": value})
        return tf.constant([tf.train.Example(features=features).SerializeToString()])
    if kind == "encoded_image_string_tensor":
        return tf.constant([encoded])
    pixels = tf.io.decode_image(encoded, channels=3, expand_animations=False)[None]
    return tf.cast(pixels, tf.float32) if kind == "float_image_tensor" else pixels


def _outputs(title: str, ours: engine.Arrays, theirs: engine.Arrays) -> Iterator[Finding]:
    """Compare each output over all images."""
    for key in sorted({name.rsplit("/", 1)[1] for name in theirs}):
        pairs = [(ours[name], value) for name, value in theirs.items() if name.endswith(f"/{key}")]
        measure = largest_absolute if key in IN_UNITS else relative_to_largest
        worst = max(measure(actual, value) for actual, value in pairs)
        yield Finding(
            8,
            f"{title}: {key}",
            worst,
            TOLERANCE,
            "absolute" if key in IN_UNITS else "relative to the largest",
            f"{len(pairs)} calls",
        )
