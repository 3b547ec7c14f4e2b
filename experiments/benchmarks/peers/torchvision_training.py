"""Speed of torchvision's RetinaNet with a ResNet50 FPN in training, on images that lie on the device already.

Usage: python torchvision_training.py --batch-size B --steps N [--size 640] [--classes 3] [--device cuda]

The recipe that its documentation recommends for speed: automatic mixed precision in bfloat16, channels last, backbone
and head compiled; SGD with momentum. Four objects an image. Prints one JSON line: images/s over all steps after five
warm ones, peak memory of the device in MiB (null on a CPU).
"""

import argparse
import json
import time

import torch
import torchvision

WARM = 5


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--batch-size", type=int, required=True)
    p.add_argument("--steps", type=int, default=40)
    p.add_argument("--size", type=int, default=640)
    p.add_argument("--classes", type=int, default=3)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args()
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    model = torchvision.models.detection.retinanet_resnet50_fpn_v2(
        weights=None, weights_backbone=None, num_classes=a.classes + 1, min_size=a.size, max_size=a.size
    )
    model = model.to(a.device, memory_format=torch.channels_last).train()
    if a.device == "cuda":
        model.backbone = torch.compile(model.backbone)
        model.head = torch.compile(model.head)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images = list(torch.rand(a.batch_size, 3, a.size, a.size, device=a.device))
    targets = [objects(a) for _ in images]

    def step():
        with torch.autocast(a.device, dtype=torch.bfloat16):
            loss = sum(model(images, targets).values())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def wait():
        if a.device == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARM):
        step()
    wait()
    started = time.perf_counter()
    for _ in range(a.steps):
        step()
    wait()
    rate = a.batch_size * a.steps / (time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() / 2**20 if a.device == "cuda" else None
    print(json.dumps({"images_per_s": rate, "peak_mib": peak, "torch": torch.__version__}))


def objects(a):
    """Four boxes of random places, 64 to 160 pixels wide, and their classes."""
    corners = torch.rand(4, 2, device=a.device) * (a.size - 160)
    sides = 64 + torch.rand(4, 2, device=a.device) * 96
    labels = torch.randint(1, a.classes + 1, (4,), device=a.device)
    return {"boxes": torch.cat([corners, corners + sides], dim=1), "labels": labels}


if __name__ == "__main__":
    main()
