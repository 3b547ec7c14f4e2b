"""COCO metrics of 86 and 1,000 images with random detections."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

COUNTS = (86, 1000)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time for each number of images, with pycocotools as the baseline."""
    for count in COUNTS:
        found = workspace.ours("coco_metrics", "--images", str(count)).facts
        yield Figure(
            f"COCO metrics of {count:,} images, 100 detections each",
            "s",
            found["ours_s"],
            found["pycocotools_s"],
            "pycocotools",
            note=f"mAP {found['ours']:.6f}, pycocotools {found['pycocotools']:.6f}",
        )
