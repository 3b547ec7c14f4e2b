"""Training speed on one GPU: images/s, share of the chip's bfloat16 peak, memory, input wait, turns of trials.

    python -m experiments.benchmarks.gpu_training --carried FOLDER [--batch-sizes 8 16 32 64 128] [--steps 40]
                                                  [--peer 64] [--set PATH=VALUE …] [--results FOLDER]

Needs Keras, JAX, NumPy, PyArrow and little else, neither TensorFlow nor Ray: FOLDER holds decoded images that
`export_decoded_cache` wrote on another machine (docs/decoded-images.md). Every figure comes from a process of
its own, so that its peak memory is its own. `--peer` measures torchvision's `retinanet_resnet50_fpn_v2` at
these batch sizes (AMP in bfloat16, channels last, compiled) on images that lie on the GPU already.

SSD ResNet50 V1 FPN at 640, bfloat16, the config's augmentations. A minute or two a batch size on an H100. Aims
there: 500 images/s, 4 times torchvision, 35 % of the measured peak. Figures are kept one by one, in
`gpu_training.json` and, for turns from trial to trial, in `gpu_turn.json`.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.benchmarks.__main__ import HERE, RESULTS
from experiments.benchmarks.figure import Figure
from experiments.benchmarks.kept import keep
from experiments.benchmarks.machine import ROOT
from experiments.benchmarks.ours.carried import JAX_ON_GPU, add_options
from experiments.benchmarks.workspace import RESNET, RunFailedError, Workspace

TORCHVISION = "torchvision retinanet_resnet50_fpn_v2"
SSD_RESNET = "SSD ResNet50 FPN 640"
LEAST_IMAGES_PER_S = 500.0
LEAST_SHARE = 0.35
MOST_TURN_S = 1.0
TRAINING, TURN = "gpu_training.json", "gpu_turn.json"


def main() -> int:
    options = _arguments()
    workspace = Workspace(ROOT / ".bench", None)
    chip = chip_of(workspace, options.chip)
    print(f"{chip['device']}: {chip['tflop_per_s']:.0f} TFLOP/s in bfloat16", flush=True)
    failed = [size for size in options.batch_sizes if not _measure(workspace, options, chip, size)]
    return 1 if failed else 0


def chip_of(workspace: Workspace, file: Path | None) -> dict[str, Any]:
    """Return name and speed of the device, from a file if it was measured already, which is written if not."""
    if file is not None and file.is_file():
        found: dict[str, Any] = json.loads(file.read_text())
        return found
    chip = workspace.ours("gpu_peak", **JAX_ON_GPU).facts
    if file is not None:
        file.write_text(json.dumps(chip))
    return chip


def device_text(chip: dict[str, Any]) -> str:
    """Return what stands above a table of figures."""
    return f"{chip['device']} ({chip['tflop_per_s']:.0f} TFLOP/s measured in bfloat16)"


def training_name(model: str, precision: str, batch_size: int) -> str:
    """Return the name of the figure of images/s."""
    return f"training, {model}, {precision}, batch {batch_size}"


def _measure(workspace: Workspace, options: argparse.Namespace, chip: dict[str, Any], batch_size: int) -> bool:
    """Measure one batch size, ours and then the peer's, and keep each; tell whether all went through."""
    size = ("--batch-size", str(batch_size), "--steps", str(options.steps))
    name = training_name(options.name, options.precision, batch_size)
    try:
        started = time.perf_counter()
        ours = workspace.ours("gpu_training", *_words(options), *size, **JAX_ON_GPU).facts
        _keep(options, chip, TRAINING, _speed(name, ours, {}, chip), started)
        _keep(options, chip, TURN, _turns(options.name, batch_size, ours), started)
        if batch_size in options.peer:
            started = time.perf_counter()
            script = HERE / "peers" / "torchvision_training.py"
            peer = workspace.script(script, *size, "--size", str(options.peer_size), **JAX_ON_GPU).facts
            _keep(options, chip, TRAINING, _speed(name, ours, peer, chip), started)
    except RunFailedError as error:
        print(f"  batch {batch_size} stopped: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _keep(
    options: argparse.Namespace, chip: dict[str, Any], file: str, figures: Iterator[Figure], started: float
) -> None:
    found = list(figures)
    for figure in found:
        print("  " + " | ".join(cell for cell in figure.row if cell), flush=True)
    seconds = time.perf_counter() - started
    keep(options.results / file, found, seconds=seconds, device=device_text(chip))


def _speed(name: str, ours: dict[str, Any], peer: dict[str, Any], chip: dict[str, Any]) -> Iterator[Figure]:
    """Yield speed, share of the peak, memory and input wait of one batch size."""
    is_main = SSD_RESNET in name
    yield Figure(
        name,
        "images/s",
        ours["images_per_s"],
        peer.get("images_per_s"),
        TORCHVISION if peer else "",
        better="higher",
        aim=4 if is_main else None,
        note=f"to be at least {LEAST_IMAGES_PER_S:g} at the best size" if is_main else "",
    )
    share = ours["images_per_s"] * ours["flop_per_image"] / (1e12 * chip["tflop_per_s"])
    note = f"to be at least {LEAST_SHARE:g}" if is_main else ""
    yield Figure(f"{name}: share of the measured peak", "", share, note=note)
    if ours["peak_mib"]:
        memory = f"{name}: peak memory"
        yield Figure(memory, "MiB", ours["peak_mib"], peer.get("peak_mib"), TORCHVISION if peer else "")
    yield Figure(f"{name}: share of the time spent waiting for input", "", ours["input_wait_fraction"])


def _turns(model: str, batch_size: int, ours: dict[str, Any]) -> Iterator[Figure]:
    """Yield what it takes to begin another trial, of the same program and of another one."""
    note = f"to be at most {MOST_TURN_S:g} s"
    if ours["turn_traces"]:
        note += f"; traced {ours['turn_traces']} programs, should trace none"
    name = f"{model}, batch {batch_size}"
    yield Figure(
        f"turn to a trial of the same program, {name}, first step included", "s", ours["turn_s"], note=note
    )
    how = "from the compilation cache" if ours["from_cache"] else "compiled"
    parts = f"build {ours['build_s']:.1f} s, first step {ours['first_step_s']:.1f} s"
    seconds = ours["build_s"] + ours["first_step_s"]
    yield Figure(f"turn to another program, {name}, {how}", "s", seconds, note=parts)


def _words(options: argparse.Namespace) -> tuple[str, ...]:
    edits = [word for edit in options.set or () for word in ("--set", edit)]
    given = {"config": options.config, "carried": options.carried, "precision": options.precision}
    return (*(word for name, value in given.items() for word in (f"--{name}", str(value))), *edits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, RESNET)
    parser.add_argument("--name", default=SSD_RESNET, help="what the figures call the config's model")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 16, 32, 64, 128])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--peer", type=int, nargs="*", default=[], help="batch sizes to measure torchvision at")
    parser.add_argument("--peer-size", type=int, default=640, help="pixels of torchvision's images")
    parser.add_argument("--chip", type=Path, help="where the device's speed is kept, measured once")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
