"""Export a checkpoint with the OD API's exporter.

Usage: python export.py --config C --checkpoint-dir D --out O

Prints one JSON line with the seconds of the export call; the caller times the whole process.
"""

import argparse
import json
import time

import compat
from object_detection import exporter_lib_v2


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--checkpoint-dir", required=True)
    p.add_argument("--out", required=True)
    a = p.parse_args()
    compat.quiet()
    started = time.perf_counter()
    exporter_lib_v2.export_inference_graph(
        "image_tensor", compat.load_pipeline(a.config), a.checkpoint_dir, a.out
    )
    print(json.dumps({"export_s": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
