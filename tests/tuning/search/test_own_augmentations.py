"""Options of pixels, labels and batches in a sweep's `augmentations:` section."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

Write = Callable[..., Path]


def test_their_strengths_can_be_searched(write_spec: Write, tmp_path: Path) -> None:
    augmentations: dict[str, Any] = {
        "random_mosaic": {"probability": {"uniform": [0.0, 1.0]}, "min_scale": 0.4},
        "random_mix_up": {"enabled": True, "min_ratio": {"uniform": [0.5, 0.9]}},
        "random_copy_paste": {"max_objects": {"integer": [1, 4]}, "class_names": "without_mask"},
        "random_jpeg_quality": {"min_jpeg_quality": {"integer": [10, 60]}},
        "random_patch_gaussian": {"max_gaussian_stddev": {"log_uniform": [0.05, 1.0]}},
    }
    folder = create_sweep(SweepRequest(write_spec(augmentations=augmentations), out=tmp_path / "run"))
    assert folder.spec.exists()


def test_ends_out_of_range_are_refused_by_their_key(write_spec: Write, tmp_path: Path) -> None:
    augmentations = {
        "random_mosaic": {"min_center": {"uniform": [0.5, 0.9]}},
        "random_jpeg_quality": {"max_jpeg_quality": {"choice": [90, 200]}},
        "rgb_to_gray": {"enabled": True},
    }
    with pytest.raises(SweepError) as error:
        create_sweep(SweepRequest(write_spec(augmentations=augmentations), out=tmp_path / "run"))
    for key in ("random_mosaic.min_center", "random_jpeg_quality.max_jpeg_quality", "rgb_to_gray"):
        assert f"augmentations.{key}: " in str(error.value)
