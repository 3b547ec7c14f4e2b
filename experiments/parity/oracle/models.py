"""OD API detection models for the scripts in this folder: seeded weights, a batch, the forward pass.

Weights (`randomise`): kernels ~ N(0, 2/fan_in); then the batch-norm statistics are set from the images themselves
and perturbed, and gamma, beta and biases are random, so that a wrong mapping of any variable changes the outputs and
no layer is saturated.
"""

import compat
import numpy as np
import tensorflow as tf

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def build_model(config, images=None, shapes=None):
    """An OD API model of a pipeline proto, in inference mode, with its variables created."""
    from object_detection.builders import model_builder

    compat.quiet()
    model = model_builder.build(config.model, is_training=True)
    phase(model, False)
    if images is None:
        height, width = input_size(config)
        images, shapes = tf.zeros([1, height, width, 3]), tf.constant([[height, width, 3]])
    model.predict(tf.convert_to_tensor(images), tf.convert_to_tensor(shapes))
    return model


def input_size(config):
    """(height, width) of a config's resized images; for a keep-aspect resizer the padded size."""
    resizer = config.model.ssd.image_resizer
    if resizer.WhichOneof("image_resizer_oneof") == "fixed_shape_resizer":
        return resizer.fixed_shape_resizer.height, resizer.fixed_shape_resizer.width
    side = resizer.keep_aspect_ratio_resizer.max_dimension
    return side, side


def restore(model, prefix):
    """Restore a built model from a checkpoint, which must contain all of its variables."""
    status = tf.train.Checkpoint(model=model).restore(prefix)
    status.assert_existing_objects_matched()
    status.expect_partial()


def read_groundtruth(record, indices):
    """[(boxes [n,4] yxyx normalised, classes [n] from 1, (height, width))] of some examples."""
    out = []
    for i, raw in enumerate(tf.data.TFRecordDataset(record)):
        if i in indices:
            f = tf.train.Example.FromString(raw.numpy()).features.feature
            box = [f["image/object/bbox/" + k].float_list.value for k in ("ymin", "xmin", "ymax", "xmax")]
            size = tuple(f["image/" + k].int64_list.value[0] for k in ("height", "width"))
            classes = np.array(f["image/object/class/label"].int64_list.value, np.int64)
            out.append((np.array(box, np.float32).T.reshape(-1, 4), classes, size))
    return out


def read_images(record, indices):
    """[uint8 [h, w, 3]] of some examples."""
    out = []
    for i, raw in enumerate(tf.data.TFRecordDataset(record)):
        if i in indices:
            encoded = (
                tf.train.Example.FromString(raw.numpy()).features.feature["image/encoded"].bytes_list.value[0]
            )
            out.append(tf.io.decode_jpeg(encoded, channels=3).numpy())
    return out


def padded_groundtruth(record, indices, num_classes, max_boxes):
    """Boxes [b, n, 4], classes one-hot [b, n, classes], weights [b, n], padded with zeros."""
    rows = len(indices)
    boxes, weights = np.zeros((rows, max_boxes, 4), "f4"), np.zeros((rows, max_boxes), "f4")
    classes = np.zeros((rows, max_boxes, num_classes), "f4")
    for i, (b, c, _) in enumerate(read_groundtruth(record, indices)):
        k = min(max_boxes - 1, len(b))
        boxes[i, :k], weights[i, :k] = b[:k], 1
        classes[i, np.arange(k), c[:k] - 1] = 1
    return {"boxes": boxes, "classes": classes, "weights": weights}


def named_variables(model):
    """{checkpoint key without suffix: variable}, by breadth-first paths of the object graph."""
    root = tf.train.Checkpoint(model=model)  # the view holds only a weak reference
    view = tf.train.TrackableView(root)
    names, queue, seen = {}, [(root, "")], {id(root)}
    while queue:
        obj, path = queue.pop(0)
        for name, child in view.children(obj).items():
            if id(child) in seen:
                continue
            seen.add(id(child))
            child_path = (path + "/" if path else "") + name
            if isinstance(child, tf.Variable):
                names[child_path] = child
            queue.append((child, child_path))
    return {k: v for k, v in names.items() if k.startswith("model/")}


def synthetic_images(rng, n, h, w):
    """Smooth colour ramps, rectangles and a little noise, uint8."""
    yy, xx = np.mgrid[0:h, 0:w]
    out = np.zeros((n, h, w, 3))
    for i in range(n):
        for c in range(3):
            a, b, p, q = rng.uniform(0.02, 0.15, 2).tolist() + rng.uniform(0, 6, 2).tolist()
            out[i, :, :, c] = 127 + 60 * np.sin(a * yy + p) + 50 * np.cos(b * xx + q)
        for _ in range(6):
            y, x = rng.randint(0, h - 20), rng.randint(0, w - 20)
            out[i, y : y + rng.randint(8, 60), x : x + rng.randint(8, 60)] = rng.uniform(0, 255, 3)
    return np.clip(out + rng.normal(0, 4, out.shape), 0, 255).astype(np.uint8)


def batch_norms(model):
    """Every batch-norm layer of a detection model, by class name, since they derive from Keras' V1 class."""
    found = [m for m in model.submodules if "BatchNorm" in type(m).__name__ and hasattr(m, "momentum")]
    assert found
    return found


def phase(model, training):
    """Set both of the OD API's training-mode flags."""
    model._is_training = training
    tf.keras.backend.set_learning_phase(training)


def provide(model, gt):
    """Provide the ground truth as the training loop does."""
    model.provide_groundtruth(
        groundtruth_boxes_list=list(tf.unstack(gt["boxes"])),
        groundtruth_classes_list=list(tf.unstack(gt["classes"])),
        groundtruth_weights_list=list(tf.unstack(gt["weights"])),
    )


def forward(model, images, shapes, gt):
    """(prediction dict, loss dict) in the current phase."""
    provide(model, gt)
    pred = model.predict(images, shapes)
    losses = model.loss(pred, shapes)
    losses["Loss/regularization_loss"] = tf.add_n(model.regularization_losses())
    losses["Loss/total_loss"] = tf.add_n(list(losses.values()))
    return pred, losses


def randomise(model, images, shapes, rng):
    """Set every variable to seeded values (see the module docstring); return them by key."""
    named = named_variables(model)
    _draw_kernels(named, rng)
    layers = batch_norms(model)
    keep = [bn.momentum for bn in layers]
    for bn in layers:
        bn.momentum = 0.0
    phase(model, True)
    model.predict(images, shapes)
    for bn, m in zip(layers, keep, strict=True):
        bn.momentum = m
    _draw_others(named, rng)
    for key in named:  # scale down the kernels of both heads
        if any(
            part in key for part in ("_head/", "_prediction_head", "_predictor_layers", "_encoder_layers")
        ) and ("kernel" in key.split("/")[-1] and "depthwise" not in key):
            named[key].assign(named[key] * 0.5)
    return named


def _draw_kernels(named, rng):
    for key in sorted(named):
        v, leaf = named[key], key.split("/")[-1]
        if "kernel" in leaf:
            s = v.shape.as_list()
            fan = s[0] * s[1] * (1 if leaf == "depthwise_kernel" else s[2])
            v.assign(rng.standard_normal(s).astype(np.float32) * np.float32(np.sqrt(2.0 / fan)))


def _draw_others(named, rng):
    for key in sorted(named):
        v, leaf = named[key], key.split("/")[-1]
        s = v.shape.as_list()
        if leaf == "gamma":
            v.assign(rng.uniform(0.7, 1.3, s))
        elif leaf == "beta":
            v.assign(rng.normal(0.1, 0.2, s))
        elif leaf == "moving_mean":
            size = tf.sqrt(tf.reduce_mean(v * v) + 1e-3)
            v.assign_add(rng.normal(0, 0.05, s).astype(np.float32) * size)
        elif leaf == "moving_variance":
            v.assign(v * rng.uniform(0.8, 1.25, s).astype(np.float32) + 1e-3)
        elif leaf == "bias":
            # A low bias of the class head spreads the scores over (0, 1).
            is_class_head = "class_head" in key or "class_predictor" in key.lower()
            v.assign(rng.normal(-2.5 if is_class_head else 0, 0.3, s))
