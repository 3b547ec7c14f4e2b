"""Latency of torchvision's RetinaNet with a ResNet50 FPN: bytes of pictures in, detections on the host out.

Usage: python torchvision_latency.py --batch-sizes 1 16 [--calls 30] [--size 640] [--classes 3] [--device cuda]
       [--how eager compiled]

Automatic mixed precision in bfloat16, channels last; first as it is, then with backbone and head compiled. Its
weights are random and its thresholds the defaults, so few boxes or none reach the suppression: its best case. Prints one
JSON line after each measurement, with all so far: median seconds of a call after five warm ones.
"""

import argparse
import json
import statistics
import time

import torch
import torchvision

WARM = 5


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16])
    p.add_argument("--calls", type=int, default=30)
    p.add_argument("--size", type=int, default=640)
    p.add_argument("--classes", type=int, default=3)
    p.add_argument("--how", nargs="+", choices=("eager", "compiled"), default=["eager", "compiled"])
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args()
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    model = torchvision.models.detection.retinanet_resnet50_fpn_v2(
        weights=None, weights_backbone=None, num_classes=a.classes + 1, min_size=a.size, max_size=a.size
    )
    model = model.to(a.device, memory_format=torch.channels_last).eval()
    found = {"torch": torch.__version__}
    for how in a.how:
        if how == "compiled":
            if a.device != "cuda":
                break
            model.backbone = torch.compile(model.backbone)
            model.head = torch.compile(model.head)
        for batch_size in a.batch_sizes:
            found[f"{how}_{batch_size}"] = latency(model, a, batch_size)
            print(json.dumps(found), flush=True)


def latency(model, a, batch_size):
    pictures = torch.randint(0, 256, (batch_size, 3, a.size, a.size), dtype=torch.uint8)
    seconds = []
    for _ in range(WARM + a.calls):
        started = time.perf_counter()
        with torch.inference_mode(), torch.autocast(a.device, dtype=torch.bfloat16):
            images = pictures.to(a.device).float() / 255.0
            found = [{name: value.cpu() for name, value in one.items()} for one in model(list(images))]
        seconds.append(time.perf_counter() - started)
    if len(found) != batch_size:
        raise SystemExit(f"{len(found)} results for {batch_size} pictures")
    return statistics.median(seconds[WARM:])


if __name__ == "__main__":
    main()
