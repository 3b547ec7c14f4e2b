"""Time the OD API's evaluation loop over a record file in a fresh process.

Usage: python evaluation.py --config C --checkpoint folder/ckpt-2 --records R --label-map M

Prints one JSON line: the seconds of the whole loop (tracing included) and `steady_s_per_image`, the median time
between images.
"""

import argparse
import itertools
import json
import statistics
import time

import compat
import loops


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    a = p.parse_args()
    compat.quiet()
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.eval_config.metrics_set[:] = ["coco_detection_metrics"]
    data, run = loops.evaluation(config, a.checkpoint)
    times = []

    def timed():
        for element in data:
            times.append(time.perf_counter())
            yield element

    started = time.perf_counter()
    run(timed())
    seconds = time.perf_counter() - started
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
    print(json.dumps({"loop_s": seconds, "images": len(times), "steady_s_per_image": statistics.median(gaps)}))


if __name__ == "__main__":
    main()
