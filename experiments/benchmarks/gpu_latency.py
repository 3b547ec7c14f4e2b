"""Latency of detection on one GPU, batch 1 and 16, beside torchvision's RetinaNet.

    python -m experiments.benchmarks.gpu_latency [--batch-sizes 1 16] [--calls 30] [--no-peer]
                                                 [--results FOLDER]

SSD ResNet50 V1 FPN at 640 in bfloat16, random weights, from bytes of pictures on the host to detections on the
host. The peer has random weights as well, AMP in bfloat16, channels last, and is measured eager and compiled.
A minute or two. Writes `gpu_latency.json`, ours first.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from experiments.benchmarks.__main__ import HERE, RESULTS
from experiments.benchmarks.figure import Figure
from experiments.benchmarks.gpu_training import TORCHVISION, TRAINING
from experiments.benchmarks.kept import keep, kept_fact
from experiments.benchmarks.machine import ROOT
from experiments.benchmarks.ours.carried import JAX_ON_GPU
from experiments.benchmarks.workspace import RESNET, RunFailedError, Workspace

RESULT = "gpu_latency.json"


def main() -> int:
    options = _arguments()
    workspace = Workspace(ROOT / ".bench", None)
    calls = ("--batch-sizes", *map(str, options.batch_sizes), "--calls", str(options.calls))
    device = kept_fact(options.results / TRAINING, "device")
    more = {"device": device} if device else {}
    peer: dict[str, Any] = {}
    try:
        started = time.perf_counter()
        ours = workspace.ours("gpu_latency", "--config", str(options.config), *calls, **JAX_ON_GPU).facts
        _keep(options, ours, peer, started, more)
        if not options.no_peer:
            started = time.perf_counter()
            script = HERE / "peers" / "torchvision_latency.py"
            words = (*calls, "--size", str(options.peer_size), "--how", *options.peer_how)
            peer = workspace.script(script, *words, **JAX_ON_GPU).facts
            _keep(options, ours, peer, started, more)
    except RunFailedError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    return 0


def _keep(
    options: argparse.Namespace,
    ours: dict[str, Any],
    peer: dict[str, Any],
    started: float,
    more: dict[str, Any],
) -> None:
    """Keep the figures of all batch sizes, beside the peer's where it was measured."""
    figures = []
    for size in options.batch_sizes:
        for how in ("eager", "compiled"):
            value = peer.get(f"{how}_{size}")
            beside = {"peer": value, "peer_name": f"{TORCHVISION}, {how}"} if value else {}
            name = f"latency of detection, batch {size}, 640" + (
                " (compiled peer)" if how == "compiled" else ""
            )
            if how == "eager" or value:
                figures.append(Figure(name, "ms", 1e3 * ours[str(size)], **_in_ms(beside)))
    for figure in figures:
        print("  " + " | ".join(cell for cell in figure.row if cell), flush=True)
    keep(options.results / RESULT, figures, seconds=time.perf_counter() - started, **more)


def _in_ms(beside: dict[str, Any]) -> dict[str, Any]:
    return {**beside, "peer": 1e3 * beside["peer"]} if beside else {}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=RESNET)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--no-peer", action="store_true", help="measure our side alone")
    parser.add_argument("--peer-how", nargs="+", choices=("eager", "compiled"), default=["eager", "compiled"])
    parser.add_argument("--peer-size", type=int, default=640, help="pixels of torchvision's images")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
