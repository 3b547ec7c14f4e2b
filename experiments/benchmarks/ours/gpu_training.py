"""Training on exported decoded images with JAX: its speed for one batch size, or a whole training.

    KERAS_BACKEND=jax python -m experiments.benchmarks.ours.gpu_training --config C --carried FOLDER
                                                                         --batch-size B --steps N
    KERAS_BACKEND=jax python -m experiments.benchmarks.ours.gpu_training … --full-steps N [--set PATH=VALUE …]

Prints one JSON line: images/s, the share of the time spent waiting for input, peak memory of the device in MiB
(null where it does not tell), operations an image; or wall seconds and the best checkpoint's metrics.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

WARM = 5
EVALUATIONS = 10


def main() -> None:
    options = _arguments()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    print(json.dumps(_full(options) if options.full_steps else _speed(options)))


def _speed(options: argparse.Namespace) -> dict[str, Any]:
    """Return the speed after the compiled steps."""
    import jax

    from experiments.benchmarks.ours.flops import training_flop_per_image
    from sweepbox.detection.runner import TrainingRun

    run = TrainingRun(_settings(options, Path("unused"), steps=WARM + options.steps))
    run.advance(WARM)
    summary = run.advance(options.steps)
    run.close()
    memory = jax.devices()[0].memory_stats() or {}
    return {
        "images_per_s": summary.images_per_s,
        "input_wait_fraction": summary.input_wait_fraction,
        "peak_mib": memory.get("peak_bytes_in_use", 0) / 2**20 or None,
        "flop_per_image": training_flop_per_image(run.detector.network),
    }


def _full(options: argparse.Namespace) -> dict[str, Any]:
    """Train to the end and return the wall time and what the best checkpoint reaches."""
    from sweepbox.detection.runner import train

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = train(_settings(options, Path(folder) / "run", steps=options.full_steps))
    metrics = {
        name: value
        for name, value in result.best_metrics.items()
        if name in ("mAP", "mAP@.50") or name.startswith(("AP/", "AP@.50/"))
    }
    return {"seconds": time.perf_counter() - started, "metrics": metrics}


def _settings(options: argparse.Namespace, directory: Path, *, steps: int) -> Any:
    from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
    from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.model.precision import Precision
    from sweepbox.detection.runner import RunSettings
    from sweepbox.detection.runner.decoded_cache import TRAIN_FILE, VALIDATION_FILE

    label_map = load_label_map(options.carried / LABEL_MAP_FILE)
    edits = [Edit("num_steps", steps), *(parse_edit(text) for text in options.set or ())]
    if options.batch_size is not None:
        edits.append(Edit("batch_size", options.batch_size))
    config = apply_edits(load_config(options.config), edits)
    config.train_config.ClearField("fine_tune_checkpoint")
    config.model.ssd.num_classes = label_map.num_classes
    return RunSettings(
        config=config,
        train_records=(options.carried / TRAIN_FILE,),
        validation_records=(options.carried / VALIDATION_FILE,),
        label_map=label_map,
        directory=directory,
        precision=Precision(options.precision),
        metric="mAP@.50",
        evaluate_every=-(-steps // EVALUATIONS),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("config", "carried"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--full-steps", type=int)
    parser.add_argument("--set", action="append", metavar="PATH=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
