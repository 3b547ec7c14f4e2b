"""Write records with every kind of image and annotation, their decoded values, and the resulting model input.

Usage: python reading_cases.py --out FOLDER [--seed 0]

Writes two shards `cases-0000?-of-00002.tfrecord`, `label_map.pbtxt` (a class with a display name, one without) and
`out.npz`: `names` of the examples in shard order; for each, `NAME/image` uint8, `NAME/boxes`, `NAME/classes`
(-1: unknown), `NAME/weights`, `NAME/{difficult,is_crowd,group_of}` as decoded; and `NAME/input` float32 every 4th pixel
in both directions, `NAME/input_boxes`, `NAME/input_classes` (one-hot), `NAME/count`, `NAME/true_size`: the model's
input after `resizer`, with at most 3 boxes.
"""

import argparse
import io
import json
import os
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection import inputs  # noqa: E402
from object_detection.builders import model_builder  # noqa: E402
from object_detection.data_decoders import tf_example_decoder  # noqa: E402
from object_detection.protos import eval_pb2, input_reader_pb2, model_pb2  # noqa: E402
from PIL import Image  # noqa: E402

LABEL_MAP = """item { id: 1 name: "/m/1" display_name: "dog" }
item { id: 2 name: "cat" }
item { id: 4 name: "dog's bone" display_name: "bone" }
"""
RESIZER = "keep_aspect_ratio_resizer { min_dimension: 40 max_dimension: 48 pad_to_max_dimension: true }"
MODEL = """ssd { num_classes: 4 image_resizer { RESIZER }
 feature_extractor { type: "ssd_resnet50_v1_fpn_keras" conv_hyperparams { activation: RELU_6 }
   fpn { min_level: 3 max_level: 7 } }
 box_coder { faster_rcnn_box_coder {} } matcher { argmax_matcher {} } similarity_calculator { iou_similarity {} }
 box_predictor { weight_shared_convolutional_box_predictor { conv_hyperparams { activation: RELU_6 } } }
 anchor_generator { multiscale_anchor_generator { aspect_ratios: [1.0] } } encode_background_as_zeros: true
 loss { localization_loss { weighted_smooth_l1 {} } classification_loss { weighted_sigmoid_focal {} } }
 post_processing { batch_non_max_suppression {} } }""".replace("RESIZER", RESIZER)
FLAGS = ("difficult", "is_crowd", "group_of")
TEXTS = {
    "display_name": ["dog", "cat", "bone"],
    "stored_name": ["/m/1", "cat", "dog's bone"],
    "unknown": ["x", "cat", "y"],
}


def picture(rng, mode):
    """A smooth image of a Pillow mode with some noise."""
    channels = {"RGB": 3, "RGBA": 4, "L": 1, "LA": 2, "P": 3, "I;16": 1, "CMYK": 4}[mode]
    size = tuple(int(v) for v in rng.integers(20, 60, 2))
    rough = rng.integers(0, 256, (4, 5, channels), np.uint8)
    planes = [Image.fromarray(rough[..., c]).resize(size, Image.Resampling.BICUBIC) for c in range(channels)]
    pixels = np.stack([np.asarray(plane, int) for plane in planes], -1) + rng.integers(
        -9, 10, (*size[::-1], channels)
    )
    pixels = pixels.clip(0, 255).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 256 + 77)
    if mode == "P":
        return Image.fromarray(pixels).quantize(16)
    return Image.fromarray(pixels.squeeze(), mode)


def encode(image, image_format, **options):
    """Bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def pictures(rng):
    """{name: bytes}."""
    found = {
        f"png {mode}": encode(picture(rng, mode), "PNG") for mode in ("RGB", "RGBA", "L", "LA", "P", "I;16")
    }
    found["bmp"] = encode(picture(rng, "RGB"), "BMP")
    for mode in ("RGB", "L", "CMYK"):
        found[f"jpeg {mode}"] = encode(picture(rng, mode), "JPEG", quality=70)
    exif = Image.Exif()
    exif[0x0112] = 6
    found["jpeg progressive"] = encode(picture(rng, "RGB"), "JPEG", progressive=True, subsampling=0)
    found["jpeg rotated by exif"] = encode(picture(rng, "RGB"), "JPEG", exif=exif)
    return found


def example(rng, name, encoded, texts=None):
    """A serialised Example with four objects, or one object per text."""
    feature = tf.train.Feature
    count = 4 if texts is None else len(texts)
    corners = np.sort(rng.uniform(0, 1, (count, 2, 2)), 1).astype("f4")
    features = {
        "image/encoded": feature(bytes_list=tf.train.BytesList(value=[encoded])),
        "image/source_id": feature(bytes_list=tf.train.BytesList(value=[name.encode()])),
    }
    for index, side in enumerate(("min", "max")):
        for axis, letter in enumerate("yx"):
            values = tf.train.FloatList(value=corners[:, index, axis])
            features[f"image/object/bbox/{letter}{side}"] = feature(float_list=values)
    if texts is None:
        features["image/object/class/label"] = feature(
            int64_list=tf.train.Int64List(value=rng.choice([1, 2, 4], count))
        )
        features["image/object/weight"] = feature(float_list=tf.train.FloatList(value=rng.random(count)))
        for flag in FLAGS:
            features[f"image/object/{flag}"] = feature(
                int64_list=tf.train.Int64List(value=rng.integers(0, 2, count))
            )
    else:
        texts = tf.train.BytesList(value=[text.encode() for text in texts])
        features["image/object/class/text"] = feature(bytes_list=texts)
        features["image/object/class/label"] = feature(
            int64_list=tf.train.Int64List(value=[3] * count)
        )  # the text takes precedence
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def decoded(examples, label_map):
    """The decoded examples; a missing flag counts as false."""
    decoder, out = tf_example_decoder.TfExampleDecoder(label_map_proto_file=label_map), {}
    for name, raw in examples.items():
        found = {key: value.numpy() for key, value in decoder.decode(tf.constant(raw)).items()}
        out[f"{name}/image"] = found["image"]
        for key in ("boxes", "classes", "weights"):
            out[f"{name}/{key}"] = found[f"groundtruth_{key}"]
        for flag in FLAGS:
            value = found[f"groundtruth_{flag}"].astype(bool)
            out[f"{name}/{flag}"] = value if len(value) else np.zeros(len(found["groundtruth_boxes"]), bool)
    return out


def model_input(names, folder):
    """The model input of the evaluation reader; one glob per shard, since the order of files within a glob is undefined."""
    reader = text_format.Parse(
        f'label_map_path: "{folder}/label_map.pbtxt" shuffle: false num_epochs: 1 max_number_of_boxes: 3 '
        f'tf_record_input_reader {{ input_path: "{folder}/cases-00000-*" input_path: "{folder}/cases-00001-*" }}',
        input_reader_pb2.InputReader(),
    )
    message = text_format.Parse(MODEL, model_pb2.DetectionModel())
    model, out = model_builder.build(message, is_training=False), {}
    for name, (features, labels) in zip(
        names, inputs.eval_input(eval_pb2.EvalConfig(batch_size=1), reader, message, model=model), strict=True
    ):
        out[f"{name}/input"] = features["image"].numpy()[0, ::4, ::4]
        out[f"{name}/true_size"] = features["true_image_shape"].numpy()[0, :2]
        out[f"{name}/input_boxes"] = labels["groundtruth_boxes"].numpy()[0]
        out[f"{name}/input_classes"] = labels["groundtruth_classes"].numpy()[0]
        out[f"{name}/count"] = labels["num_groundtruth_boxes"].numpy()[0]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    os.makedirs(args.out, exist_ok=True)
    label_map = os.path.join(args.out, "label_map.pbtxt")
    with open(label_map, "w") as file:
        file.write(LABEL_MAP)
    examples = {name: example(rng, name, encoded) for name, encoded in pictures(rng).items()}
    examples |= {
        name: example(rng, name, encode(picture(rng, "RGB"), "PNG"), texts) for name, texts in TEXTS.items()
    }
    names = list(examples)
    for shard, members in enumerate((names[:9], names[9:])):
        with tf.io.TFRecordWriter(os.path.join(args.out, f"cases-{shard:05d}-of-00002.tfrecord")) as writer:
            for name in members:
                writer.write(examples[name])
    arrays = decoded(examples, label_map) | model_input(names, args.out)
    compat.save_arrays(
        os.path.join(args.out, "out.npz"), arrays | {"names": np.array(names), "resizer": np.array(RESIZER)}
    )
    print(json.dumps({"examples": len(names), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
