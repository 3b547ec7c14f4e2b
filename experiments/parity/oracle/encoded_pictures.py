"""Write the outputs of an exported OD API model for encoded images of many formats.

Usage: python encoded_pictures.py --golden folder --out encoded_pictures.npz [--seed 3]

`--golden` holds pipeline.config and ckpt-0. Writes for each name in `pictures`: `<name>/encoded` (uint8, the file's
bytes), `<name>/detection_boxes`, `_scores`, `_classes` and `num_detections` without the batch axis, and
`<name>/raw_score_sum`; or `<name>/refusal` if the model rejects the image. `batch/...` are the outputs for the images
in `batch/pictures`, which have different sizes, in one call. The input type is encoded_image_string_tensor.
"""

import argparse
import io
import json
import os
import tempfile
import time

import compat
import numpy as np
import tensorflow as tf
from exports import checkpoint_folder
from object_detection import exporter_lib_v2
from PIL import Image

KIND = "encoded_image_string_tensor"
KEPT = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
BATCH = ("jpeg", "jpeg_tall", "png_rgba", "jpeg_grey")


def photograph(random, height, width, channels=3):
    """An image of waves, noise and a plain rectangle, uint8."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin(x / (7 + 3 * k) + y / (11 + 2 * k)) for k in range(channels)]
    image = (np.stack(waves, -1) + random.normal(0, 6, (height, width, channels))).clip(0, 255).astype(np.uint8)
    image[height // 4 : height // 2, width // 5 : width // 2] = [200, 40, 90, 255][:channels]
    return image


def pictures(random):
    """Encoded images by name."""

    def encoded(image, kind, **options):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    def colour(height, width):
        return Image.fromarray(photograph(random, height, width))

    def grey(height, width):
        return Image.fromarray(photograph(random, height, width, 1)[..., 0])

    deep = np.asarray(grey(60, 80)).astype(np.uint16) * 257 + 3
    return {
        "jpeg": encoded(colour(90, 120), "JPEG", quality=85),
        "jpeg_tall": encoded(colour(140, 60), "JPEG", quality=60, subsampling=2),
        "jpeg_grey": encoded(grey(80, 100), "JPEG"),
        "jpeg_progressive": encoded(colour(60, 90), "JPEG", progressive=True),
        "jpeg_cmyk": encoded(colour(60, 90).convert("CMYK"), "JPEG"),
        "png_rgba": encoded(Image.fromarray(photograph(random, 50, 70, 4)), "PNG"),
        "png_grey": encoded(grey(75, 55), "PNG"),
        "png_palette": encoded(colour(60, 70).convert("P"), "PNG"),
        "png_16_bits": encoded(Image.fromarray(deep), "PNG"),
        "bmp": encoded(colour(40, 50), "BMP"),
        "gif": encoded(colour(40, 50).convert("P"), "GIF"),
    }


def outputs_of(function, encoded):
    """The stored outputs for a list of encoded images."""
    found = function(input_tensor=tf.constant(encoded))
    sums = found["raw_detection_scores"].numpy().astype(np.float64).sum((1, 2))
    return {**{key: found[key].numpy() for key in KEPT}, "raw_score_sum": sums}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--golden", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    compat.quiet()
    started = time.time()
    files = pictures(np.random.default_rng(arguments.seed))
    arrays = {"pictures": np.array(list(files)), "batch/pictures": np.array(BATCH), "seed": arguments.seed}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = checkpoint_folder(arguments.golden, tempfile.mkdtemp(dir=folder))
        config = compat.load_pipeline(os.path.join(arguments.golden, "pipeline.config"))
        target = os.path.join(folder, "model")
        exporter_lib_v2.export_inference_graph(KIND, config, checkpoint, target)
        loaded = tf.saved_model.load(os.path.join(target, "saved_model"))
        function = loaded.signatures["serving_default"]
        for name, encoded in files.items():
            arrays[f"{name}/encoded"] = np.frombuffer(encoded, np.uint8)
            try:
                arrays.update(
                    {f"{name}/{key}": value[0] for key, value in outputs_of(function, [encoded]).items()}
                )
            except tf.errors.OpError as error:
                arrays[f"{name}/refusal"] = np.array(error.message[:200])
        batch = outputs_of(function, [files[name] for name in BATCH])
        arrays.update({f"batch/{key}": value for key, value in batch.items()})
    compat.save_arrays(arguments.out, arrays)
    refused = [name for name in files if f"{name}/refusal" in arrays]
    print(json.dumps({"seconds": round(time.time() - started, 1), "refused": refused}))


if __name__ == "__main__":
    main()
