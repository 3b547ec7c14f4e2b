"""Write the order in which an unshuffled reader reads several files, and the examples that sampling selects.

Usage: python reading_orders.py --out reading_orders.json [--times 3]

Writes a list of {"sizes": records of each file, "num_readers", "read_block_length", "sample_1_of_n_examples",
"order": record numbers in reading order, numbered consecutively through the files}. If more than two files of unequal
length are open at once, the reader's order varies between runs; such cases are not included.
"""

import argparse
import itertools
import json
import os
import tempfile
import time

T0 = time.time()
import compat  # noqa: E402, F401
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import dataset_builder  # noqa: E402
from object_detection.protos import input_reader_pb2  # noqa: E402

READER = """label_map_path: "%s" shuffle: false num_epochs: 1 num_readers: %d read_block_length: %d
 sample_1_of_n_examples: %d tf_record_input_reader { %s }"""
CASES = (([7, 7, 7], (1, 2, 64)), ([3, 6, 1, 5, 4], (1, 2)), ([1, 1, 9, 2], (1, 2)), ([5], (1, 64)))


def write_files(folder, sizes):
    """Files with the given numbers of records, each a tiny image with its number as source id."""
    bytes_of = lambda value: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))  # noqa: E731
    picture = tf.io.encode_png(tf.zeros([2, 2, 3], tf.uint8)).numpy()
    number, paths = itertools.count(), []
    for index, size in enumerate(sizes):
        paths.append(os.path.join(folder, f"{'-'.join(map(str, sizes))}.{index}"))
        with tf.io.TFRecordWriter(paths[-1]) as writer:
            for _ in range(size):
                features = {
                    "image/encoded": bytes_of(picture),
                    "image/source_id": bytes_of(b"%d" % next(number)),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return paths


def order_of(label_map, paths, settings, times):
    """Record numbers in reading order; raises ValueError if two runs differ."""
    inputs = " ".join(f'input_path: "{path}"' for path in paths)
    message = text_format.Parse(READER % (label_map, *settings, inputs), input_reader_pb2.InputReader())
    orders = {
        tuple(int(example["source_id"].numpy()[0]) for example in dataset_builder.build(message, batch_size=1))
        for _ in range(times)
    }
    (order,) = orders
    return list(order)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument(
        "--times", type=int, default=3, help="how often to read each case; all orders must be equal"
    )
    args = parser.parse_args()
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        label_map = os.path.join(folder, "map.pbtxt")
        with open(label_map, "w") as file:
            file.write('item { id: 1 name: "a" }')
        for sizes, all_readers in CASES:
            paths = write_files(folder, sizes)
            for readers, block, one_of in itertools.product(all_readers, (1, 2, 32), (1, 3)):
                order = order_of(label_map, paths, (readers, block, one_of), args.times)
                cases.append(
                    {
                        "sizes": sizes,
                        "num_readers": readers,
                        "read_block_length": block,
                        "sample_1_of_n_examples": one_of,
                        "order": order,
                    }
                )
    with open(args.out, "w") as file:
        file.write("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
    print(json.dumps({"cases": len(cases), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
