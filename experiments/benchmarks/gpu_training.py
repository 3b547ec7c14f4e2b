"""Training speed on one GPU: images/s, share of the chip's bfloat16 peak, memory and input wait by batch size.

    python -m experiments.benchmarks.gpu_training --carried FOLDER [--batch-sizes 8 16 32 64 128] [--steps 40]
                                                  [--peer] [--full-steps 5000] [--set PATH=VALUE …]

Needs Keras, JAX, NumPy, PyArrow and little else, neither TensorFlow nor Ray: FOLDER holds decoded images that
`export_decoded_cache` wrote on another machine (docs/decoded-images.md). Every figure comes from a process of
its own, so that its peak memory is its own. `--peer` measures torchvision's `retinanet_resnet50_fpn_v2` in the
same run (AMP in bfloat16, channels last, compiled) on images that lie on the GPU already. `--full-steps` trains
to the end and gives each class's average precision and the wall time.

SSD ResNet50 V1 FPN at 640, bfloat16, the config's augmentations. A minute or two a batch size on an H100. Aims
there: 500 images/s, 4 times torchvision, 35 % of the measured peak. Writes `results/gpu_training.json` and the
table in `experiments/benchmarks/README.md`.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.benchmarks.__main__ import HERE, RESULTS, update_readme
from experiments.benchmarks.figure import Figure, write_result
from experiments.benchmarks.machine import ROOT, facts
from experiments.benchmarks.workspace import RESNET, RunFailedError, Workspace

TORCHVISION = "torchvision retinanet_resnet50_fpn_v2"
LEAST_IMAGES_PER_S = 500.0
LEAST_SHARE = 0.35


def main() -> None:
    options = _arguments()
    workspace = Workspace(ROOT / ".bench", None)
    started = time.perf_counter()
    chip = workspace.ours("gpu_peak", **_on_gpu()).facts
    print(f"{chip['device']}: {chip['tflop_per_s']:.0f} TFLOP/s in bfloat16", flush=True)
    figures = []
    for figure in _figures(workspace, options, chip):
        figures.append(figure)
        print("  " + " | ".join(cell for cell in figure.row if cell), flush=True)
    seconds = round(time.perf_counter() - started, 1)
    result = {"benchmark": "gpu_training", "measured": time.strftime("%Y-%m-%d"), **facts(), "seconds": seconds}
    result["device"] = f"{chip['device']} ({chip['tflop_per_s']:.0f} TFLOP/s measured in bfloat16)"
    write_result(RESULTS / "gpu_training.json", figures, result)
    update_readme(HERE / "README.md", RESULTS)


def _figures(workspace: Workspace, options: argparse.Namespace, chip: dict[str, Any]) -> Iterator[Figure]:
    """Yield the figures of every batch size, then those of the full training."""
    for batch_size in options.batch_sizes:
        try:
            yield from _speed(workspace, options, chip, batch_size)
        except RunFailedError as error:
            print(f"  batch {batch_size} stopped: {error}", flush=True)
    if options.full_steps:
        found = workspace.ours(
            "gpu_training", *_words(options), "--full-steps", str(options.full_steps), **_on_gpu()
        )
        yield Figure(f"full training of {options.full_steps} steps, wall time", "s", found.facts["seconds"])
        for name, value in found.facts["metrics"].items():
            yield Figure(f"full training, best checkpoint, {name}", "", value)


def _speed(
    workspace: Workspace, options: argparse.Namespace, chip: dict[str, Any], batch_size: int
) -> Iterator[Figure]:
    """Yield speed, share of the peak, memory and input wait of one batch size."""
    size = ("--batch-size", str(batch_size), "--steps", str(options.steps))
    ours = workspace.ours("gpu_training", *_words(options), *size, **_on_gpu()).facts
    peer = workspace.script(HERE / "peers" / "torchvision_training.py", *size).facts if options.peer else {}
    name = f"training, SSD ResNet50 FPN 640, bfloat16, batch {batch_size}"
    yield Figure(
        name,
        "images/s",
        ours["images_per_s"],
        peer.get("images_per_s"),
        TORCHVISION,
        better="higher",
        aim=4,
        note=f"to be at least {LEAST_IMAGES_PER_S:g} at the best size",
    )
    share = ours["images_per_s"] * ours["flop_per_image"] / (1e12 * chip["tflop_per_s"])
    yield Figure(f"{name}: share of the measured peak", "", share, note=f"to be at least {LEAST_SHARE:g}")
    if ours["peak_mib"]:
        yield Figure(f"{name}: peak memory", "MiB", ours["peak_mib"], peer.get("peak_mib"), TORCHVISION)
    yield Figure(f"{name}: share of the time spent waiting for input", "", ours["input_wait_fraction"])


def _words(options: argparse.Namespace) -> tuple[str, ...]:
    edits = [word for edit in options.set or () for word in ("--set", edit)]
    given = {"config": options.config, "carried": options.carried, "precision": options.precision}
    return (*(word for name, value in given.items() for word in (f"--{name}", str(value))), *edits)


def _on_gpu() -> dict[str, str]:
    """Return the environment of our processes: JAX, with the device visible and its memory taken as needed."""
    return {"KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=RESNET)
    parser.add_argument("--carried", type=Path, required=True, help="the folder of the decoded images")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 16, 32, 64, 128])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--peer", action="store_true", help="measure torchvision, too")
    parser.add_argument("--full-steps", type=int, help="also train so many steps and evaluate")
    parser.add_argument("--set", action="append", metavar="PATH=VALUE", help="change the config")
    return parser.parse_args()


if __name__ == "__main__":
    main()
