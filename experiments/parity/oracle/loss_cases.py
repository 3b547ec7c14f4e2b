"""Write losses and gradients for every kind of loss, for hard-example mining and for unusual ground truth.

Usage: python loss_cases.py --out loss_cases.npz [--only NAME ...]

96 anchors, 3 images, 3 classes, at most 4 boxes. Shared arrays: `anchors` `[96, 4]`; for each kind of ground truth T
`truth/T/{boxes,class_ids,weights,is_annotated}` `[3, 4, ...]`; for each kind of predictions P
`predictions/P/{codes,logits}` `[3, 96, ...]` (logits with background; models without it omit column 0).
Writes, in the order of `names`: `ssd` (the relevant fields of `model.ssd`), `truth`, `predictions` (the kinds),
`losses` `[cases, 2]` (localisation, classification), and `codes_gradient`, `logits_gradient` `[cases, 3, 96]`: the
absolute gradient of the total, summed over columns. `overlap/…`: see `overlaps`.
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import losses_builder, model_builder  # noqa: E402
from object_detection.core import box_list  # noqa: E402
from object_detection.protos import losses_pb2, model_pb2  # noqa: E402

SIDE = 100
MODEL = """ssd { num_classes: 3 image_resizer { fixed_shape_resizer { height: 100 width: 100 } }
 feature_extractor { type: "ssd_resnet50_v1_fpn_keras" conv_hyperparams { activation: RELU_6 }
   fpn { min_level: 3 max_level: 7 } }
 box_coder { faster_rcnn_box_coder {} } similarity_calculator { iou_similarity {} }
 box_predictor { weight_shared_convolutional_box_predictor { conv_hyperparams { activation: RELU_6 } } }
 anchor_generator { multiscale_anchor_generator { aspect_ratios: [1.0] } }
 post_processing { batch_non_max_suppression {} } }"""
MATCHER = "matcher { argmax_matcher { force_match_for_each_row: true %s } }"
LOSS = "loss { localization_loss { %s } classification_loss { %s } %s }"
SMOOTH, FOCAL, SIGMOID = (
    "weighted_smooth_l1 {}",
    "weighted_sigmoid_focal { gamma: 2 alpha: 0.25 }",
    "weighted_sigmoid {}",
)
SOFTMAX = "weighted_softmax {}"


def ssd(
    loc=SMOOTH,
    cls=FOCAL,
    rest="",
    fields="encode_background_as_zeros: true",
    matcher="unmatched_threshold: 0.4",
):
    """Fields of a model.ssd."""
    return f"{MATCHER % matcher} {LOSS % (loc, cls, rest)} {fields}"


def anchors(rng):
    """A grid of 48 positions, each with a small and a wide box, slightly shifted."""
    centres = np.stack(np.meshgrid(np.linspace(0.1, 0.9, 6), np.linspace(0.1, 0.9, 8), indexing="ij"), -1)
    centres = np.repeat(centres.reshape(-1, 2), 2, 0) + rng.uniform(-0.02, 0.02, (96, 2))
    half = np.tile(np.array([[0.08, 0.08], [0.1, 0.2]]), (48, 1)) * rng.uniform(0.8, 1.25, (96, 2))
    return np.concatenate([centres - half, centres + half], 1).astype("f4")


def truths(rng, positions):
    """{name: boxes, class ids, weights, is_annotated}; boxes of weight 0 are padding or lie among other boxes."""
    boxes, ids = np.zeros((3, 4, 4), "f4"), np.zeros((3, 4), "i4")
    for image, count in ((0, 3), (1, 4)):
        picked = rng.choice(len(positions), count, replace=False)
        boxes[image, :count] = positions[picked] + rng.uniform(-0.03, 0.03, (count, 4))
        ids[image, :count] = rng.randint(0, 3, count)
    ones = (boxes != 0).any(-1).astype("f4")
    uneven = ones * np.array([[0.5, 1, 2, 0], [1, 0, 0.25, 3], [0, 0, 0, 0]], "f4")
    empty_box = boxes.copy()
    empty_box[0, 1, 2:] = empty_box[0, 1, :2]
    yes = np.array([True] * 3)
    out = {
        "plain": (boxes, ids, ones, yes),
        "uneven": (boxes, ids, uneven, yes),
        "none": (boxes * 0, ids * 0, ones * 0, yes),
        "weightless": (boxes, ids, ones * 0, yes),
        "zero_area": (empty_box, ids, ones, yes),
        "unannotated": (boxes, ids, ones, np.array([True, False, True])),
    }
    return {
        k: dict(zip(("boxes", "class_ids", "weights", "is_annotated"), v, strict=True)) for k, v in out.items()
    }


def predictions(rng):
    """{name: codes, logits}."""
    codes, logits = rng.normal(0, 1.2, (3, 96, 4)).astype("f4"), rng.normal(-1, 2, (3, 96, 4)).astype("f4")
    zero = np.zeros_like(codes)
    few = np.round(logits[0, :4] * 2)[rng.randint(0, 4, (3, 96))] / 2
    big = logits * 20
    return {
        "random": {"codes": codes, "logits": logits},
        "equal": {"codes": zero, "logits": zero},
        "few_values": {"codes": zero, "logits": few},
        "extreme": {"codes": codes * 4, "logits": big},
    }


def localization():
    """Every localisation loss."""
    kinds = {
        "smooth_l1": SMOOTH,
        "smooth_l1_delta": "weighted_smooth_l1 { delta: 0.3 }",
        "l2": "weighted_l2 {}",
    }
    for name, text in kinds.items():
        for truth in ("plain", "uneven", "none"):
            yield f"{name}_{truth}", ssd(text, rest="localization_weight: 1.5"), truth, "random"
        yield f"{name}_equal", ssd(text), "plain", "equal"
        yield f"{name}_extreme", ssd(text), "plain", "extreme"
        yield (
            f"{name}_codesize",
            ssd(text, fields="encode_background_as_zeros: true normalize_loc_loss_by_codesize: true"),
            "plain",
            "random",
        )


def classification():
    """Every classification loss, with background as a class and as zeros."""
    kinds = {
        "focal": FOCAL,
        "focal_no_alpha": "weighted_sigmoid_focal { gamma: 1.5 }",
        "sigmoid": SIGMOID,
        "softmax": SOFTMAX,
        "softmax_scaled": "weighted_softmax { logit_scale: 2.5 }",
        "logits_softmax": "weighted_logits_softmax {}",
        "logits_softmax_scaled": "weighted_logits_softmax { logit_scale: 2.5 }",
        "bootstrap_soft": "bootstrapped_sigmoid { alpha: 0.8 }",
        "bootstrap_hard": "bootstrapped_sigmoid { alpha: 0.8 hard_bootstrap: true }",
    }
    for name, text in kinds.items():
        for tag, fields in (
            ("column", ""),
            ("zeros", "encode_background_as_zeros: true"),
            ("bare", "add_background_class: false encode_background_as_zeros: true"),
        ):
            for truth in ("plain", "uneven") + (("none",) if tag == "column" else ()):
                rest = "classification_weight: 0.7"
                yield f"{name}_{tag}_{truth}", ssd(SMOOTH, text, rest, fields), truth, "random"
        yield f"{name}_extreme", ssd(SMOOTH, text, "", ""), "plain", "extreme"


def mining():
    """Hard-example mining: kinds of loss, limits, ratios, ties."""

    def miner(text, cls=SOFTMAX, fields=""):
        weights = "classification_weight: 0.7 localization_weight: 1.5"
        return ssd(SMOOTH, cls, f"hard_example_miner {{ {text} }} {weights}", fields)

    limits = {
        "few": "num_hard_examples: 10 iou_threshold: 0.99",
        "few_apart": "num_hard_examples: 10 iou_threshold: 0.2",
        "more_than_there_are": "num_hard_examples: 500 iou_threshold: 0.3",
        "all": "num_hard_examples: 0 iou_threshold: 0.3",
        "default_number": "iou_threshold: 1.0",
        "no_overlap": "iou_threshold: 0.0",
        "defaults": "",
        "ratio": "num_hard_examples: 40 iou_threshold: 0.5 max_negatives_per_positive: 1",
        "least_without_ratio": "num_hard_examples: 40 iou_threshold: 0.9 min_negatives_per_image: 4",
    }
    for kind in ("BOTH", "CLASSIFICATION", "LOCALIZATION"):
        for name, text in limits.items():
            for predicted in ("random", "equal"):
                yield (
                    f"miner_{kind.lower()}_{name}_{predicted}",
                    miner(f"{text} loss_type: {kind}"),
                    "plain",
                    predicted,
                )
    standard = (
        "num_hard_examples: 40 iou_threshold: 0.99 max_negatives_per_positive: 3 min_negatives_per_image: 3"
    )
    for kind in ("BOTH", "CLASSIFICATION", "LOCALIZATION"):
        for truth, predicted in (
            ("plain", "random"),
            ("uneven", "random"),
            ("none", "random"),
            ("plain", "equal"),
            ("plain", "few_values"),
            ("unannotated", "random"),
            ("zero_area", "random"),
        ):
            yield (
                f"miner_{kind.lower()}_usual_{truth}_{predicted}",
                miner(f"{standard} loss_type: {kind}"),
                truth,
                predicted,
            )
    for name, cls, fields in (
        ("sigmoid", SIGMOID, "encode_background_as_zeros: true"),
        ("not_normalised", SIGMOID, "normalize_loss_by_num_matches: false"),
        ("codesize", SIGMOID, "normalize_loc_loss_by_codesize: true"),
        ("negative_weight", SIGMOID, "negative_class_weight: 0.25"),
        ("no_negative_weight", SIGMOID, "negative_class_weight: 0"),
    ):
        yield f"miner_{name}", miner(f"{standard} loss_type: CLASSIFICATION", cls, fields), "plain", "random"
    yield (
        "miner_ignored_zone",
        (
            ssd(
                SMOOTH,
                SIGMOID,
                f"hard_example_miner {{ {standard} }}",
                "",
                "matched_threshold: 0.7 unmatched_threshold: 0.1",
            )
        ),
        "plain",
        "random",
    )


def targets():
    """The effects of the matcher's fields and of unusual ground truth."""
    matchers = {
        "swapped": "matched_threshold: 0.6 unmatched_threshold: 0.2 negatives_lower_than_unmatched: false",
        "ignore_thresholds": "ignore_thresholds: true",
        "matmul": "use_matmul_gather: true unmatched_threshold: 0.4",
        "wide_zone": "matched_threshold: 0.7 unmatched_threshold: 0.1",
    }
    for name, matcher in matchers.items():
        for truth in ("plain", "uneven", "none", "weightless", "zero_area"):
            yield (
                f"{name}_{truth}",
                ssd(cls=SIGMOID, fields="negative_class_weight: 0.5", matcher=matcher),
                truth,
                "random",
            )
    yield "not_forced", "matcher { argmax_matcher {} } " + LOSS % (SMOOTH, SIGMOID, ""), "plain", "random"
    for truth in ("weightless", "zero_area", "unannotated"):
        for fields in ("", "encode_background_as_zeros: true", "normalize_loss_by_num_matches: false"):
            yield f"truth_{truth}_{fields[:6] or 'none'}", ssd(cls=SIGMOID, fields=fields), truth, "random"
    yield "no_weights", ssd(rest="classification_weight: 0 localization_weight: 0"), "plain", "random"


def overlaps(rng, positions):
    """{overlap/boxes, targets, weights `[1, 101, ...]`, iou, giou}: the two overlap losses of decoded boxes.

    Within an SSD the OD API passes undecoded box codes to these losses, so only the loss function is compared.
    """
    moved = positions + rng.uniform(-0.1, 0.1, positions.shape).astype("f4")
    moved = np.concatenate([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])], 1)
    pairs = [
        ((0, 0, 1, 1), (0, 0, 1, 1)),
        ((0, 0, 1, 1), (1, 0, 2, 1)),
        ((0, 0, 1, 1), (3, 3, 4, 5)),
        ((0, 0, 0, 0), (0, 0, 1, 1)),
        ((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)),
    ]
    boxes = np.concatenate([positions, np.array([first for first, _ in pairs], "f4")])[None]
    targets = np.concatenate([moved, np.array([second for _, second in pairs], "f4")])[None]
    weights = rng.uniform(0, 2, boxes.shape[:2]).astype("f4")
    out = {"boxes": boxes, "targets": targets, "weights": weights}
    for name in ("iou", "giou"):
        text = f"localization_loss {{ weighted_{name} {{}} }} classification_loss {{ weighted_sigmoid {{}} }}"
        loss = losses_builder.build(text_format.Parse(text, losses_pb2.Loss()))[1]
        out[name] = loss(tf.constant(boxes), tf.constant(targets), weights=tf.constant(weights)).numpy()
    return {f"overlap/{key}": value for key, value in out.items()}


def measured(text, truth, predicted, positions):
    """Losses and gradients of one case."""
    message = text_format.Parse(MODEL, model_pb2.DetectionModel())
    text_format.Merge(text, message.ssd)
    model = model_builder.build(message, is_training=True)
    model._anchors = box_list.BoxList(tf.constant(positions))
    model.provide_groundtruth(
        groundtruth_boxes_list=list(tf.unstack(truth["boxes"])),
        groundtruth_classes_list=list(tf.unstack(np.eye(3, dtype="f4")[truth["class_ids"]])),
        groundtruth_weights_list=list(tf.unstack(truth["weights"])),
        **(
            {}
            if truth["is_annotated"].all()
            else {"is_annotated_list": list(tf.unstack(truth["is_annotated"]))}
        ),
    )
    codes = tf.constant(predicted["codes"])
    logits = tf.constant(predicted["logits"][..., 0 if message.ssd.add_background_class else 1 :])
    shapes = tf.constant([[SIDE, SIDE, 3]] * 3)
    with tf.GradientTape() as tape:
        tape.watch([codes, logits])
        losses = model.loss(
            {
                "preprocessed_inputs": tf.zeros([3, SIDE, SIDE, 3]),
                "box_encodings": codes,
                "class_predictions_with_background": logits,
                "anchors": tf.constant(positions),
            },
            shapes,
        )
        values = [losses[f"Loss/{k}_loss"] for k in ("localization", "classification")]
        total = tf.add_n(values)
    gradients = tape.gradient(total, [codes, logits], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {
        "losses": np.array([float(v) for v in values], "f4"),
        "codes_gradient": np.abs(gradients[0].numpy()).sum(-1),
        "logits_gradient": np.abs(gradients[1].numpy()).sum(-1),
    }


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--only", nargs="*")
    a = p.parse_args()
    compat.quiet()
    rng = np.random.RandomState(7)
    positions = anchors(rng)
    truth, predicted, rows = truths(rng, positions), predictions(rng), []
    out = {"anchors": positions, **overlaps(rng, positions)}
    for kind, group in (("truth", truth), ("predictions", predicted)):
        out |= {
            f"{kind}/{name}/{key}": value for name, arrays in group.items() for key, value in arrays.items()
        }
    for source in (localization, classification, mining, targets):
        for name, text, t, q in source():
            if a.only and not any(name.startswith(only) for only in a.only):
                continue
            measures = measured(text, truth[t], predicted[q], positions)
            rows.append({"names": name, "ssd": text, "truth": t, "predictions": q, **measures})
    out |= {key: np.array([row[key] for row in rows]) for key in rows[0]}
    compat.save_arrays(a.out, out)
    print(json.dumps({"cases": len(rows), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
