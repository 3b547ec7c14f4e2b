"""Compare the detections of hand-made and random predictions for every kind of suppression."""

from collections.abc import Iterator

import numpy as np
from google.protobuf import text_format

from experiments.parity.context import Context
from experiments.parity.engine import Arrays
from experiments.parity.finding import Finding
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.postprocess import PostProcessing

SCRIPT = "postprocess_cases.py"
INPUTS = ("config", "boxes", "scores", "true_sizes", "background", "encodings")
SIZE = (100, 100)
TOLERANCE = 1e-5
GROUPS = {
    "ties": ("ties_",),
    "limits per class and in total": ("per_class_", "total_", "outside_uses"),
    "scores at the threshold, none above it, negative scores": (
        "threshold_",
        "zero_threshold",
        "nothing_",
        "negative_",
    ),
    "clipping to the true image": ("window_",),
    "suppression among overlapping boxes": ("crowd_",),
    "soft suppression, without a hard threshold": ("soft_",),
    "scores and boxes that are NaN or infinite": ("nan_", "infinite_", "broken_boxes_"),
    "converters, with and without a background column": ("identity_", "sigmoid_", "softmax_"),
    "calibration": ("calibration_",),
}
"""Topics of the cases and the prefixes of their names."""

EQUAL_SCORES_IN_UNDEFINED_ORDER = ("ties_combined", "ties_mixed_combined", "ties_overlapping_combined")
NAN_RETURNED = tuple(
    f"broken_boxes_{kind}" for kind in ("combined", "static", "agnostic_static", "partitioned")
)
"""In these cases the OD API returns and counts boxes with NaN; ours returns the next best boxes."""
OF_ANCHORS = ("detection_anchor_indices", "detection_multiclass_scores")


def submit_runs(context: Context) -> None:
    """Queue the oracle's script."""
    context.submit(SCRIPT)


def check(context: Context) -> Iterator[Finding]:
    """Compare the cases by topic, then check which settings are rejected."""
    with np.load(context.oracle(SCRIPT) / "out.npz") as arrays:
        cases = dict(arrays)
    names = [str(name) for name in cases["cases"]]
    refused = [name for name in names if f"{name}/refusal" in cases]
    for title, prefixes in GROUPS.items():
        group = [name for name in names if name.startswith(prefixes) and name not in refused]
        broken = [name for name in group if name in NAN_RETURNED]
        parts = {name: _detector_of(cases, name) for name in group if name not in broken}
        compared = [_difference(cases, name, part) for name, part in parts.items() if part is not None]
        rejected = len(parts) - len(compared)
        note = f"{len(compared)} cases" + (f"; {rejected} more are rejected by ours only" if rejected else "")
        note += f"; in {len(broken)} more the OD API returns NaN boxes" if broken else ""
        yield Finding(5, title, max(compared), TOLERANCE, "absolute", note)
    accepted = [name for name in refused if _detector_of(cases, name) is not None]
    yield Finding.count(
        item=5,
        name="settings that the OD API rejects are rejected",
        differing=len(accepted),
        note=", ".join(accepted) or f"{len(refused)} cases",
    )


def _detector_of(cases: Arrays, name: str) -> PostProcessing | None:
    """Return the post-processing of a case, None if Sweepbox rejects its settings."""
    message = text_format.Parse(str(cases[f"{name}/config"]), pb.PostProcessing())
    background = bool(cases.get(f"{name}/background", True))
    nms = message.batch_non_max_suppression
    values = {"nms_score_threshold": nms.score_threshold, "nms_iou_threshold": nms.iou_threshold}
    try:
        return PostProcessing.of(pb.Ssd(add_background_class=background, post_processing=message), values, SIZE)
    except ConfigError:
        return None


def _difference(cases: Arrays, name: str, part: PostProcessing) -> float:
    """Return the largest difference over the outputs of a case; NaN where shapes differ."""
    inputs = {key: cases[f"{name}/{key}"] for key in INPUTS}
    scores = part.scores(inputs["scores"])
    boxes = BoxCoder.of(pb.FasterRcnnBoxCoder()).decode(inputs["encodings"], inputs["boxes"])
    found = dict(part(boxes, scores, inputs["true_sizes"])) | {"raw_detection_scores": scores}
    worst = 0.0
    for key in _compared(cases, name):
        expected, value = cases[f"{name}/{key}"], np.asarray(found[key])
        if "use_static_shapes" in str(inputs["config"]) and key.startswith("detection_"):
            # After the detections, the OD API's rows contain suppressed boxes, ours zeros.
            rows = int(cases[f"{name}/num_detections"].max())
            expected, value = expected[:, :rows], value[:, :rows]
        if expected.shape != value.shape:
            return float("nan")
        worst = max(worst, float(np.max(_absolute_difference(value, expected), initial=0.0)))
    return worst


def _compared(cases: Arrays, name: str) -> set[str]:
    """Return the outputs to compare: all except those that the OD API leaves undefined."""
    keys = {key.removeprefix(f"{name}/") for key in cases if key.startswith(f"{name}/")} - {*INPUTS}
    if "use_partitioned_nms" in str(cases[f"{name}/config"]):
        keys -= {*OF_ANCHORS}  # they index the boxes that its first pass kept
    if name in EQUAL_SCORES_IN_UNDEFINED_ORDER:
        keys -= {"detection_boxes"}
    if name.startswith("calibration_function"):
        keys &= {
            "detection_scores",
            "raw_detection_scores",
            "num_detections",
        }  # equal scores; rounding decides the order
    return keys


def _absolute_difference(ours: Arrays, theirs: Arrays) -> Arrays:
    """Return |ours - theirs|; 0 where both are the same infinity or both NaN."""
    with np.errstate(invalid="ignore"):
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        return np.where(same, 0.0, np.abs(ours - theirs))
