"""Geometric options in a sweep's `augmentations:` section."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

Write = Callable[..., Path]


def test_they_are_switched_and_searched_by_name(write_spec: Write, tmp_path: Path) -> None:
    augmentations: dict[str, Any] = {
        "ssd_random_crop": {},
        "random_rotation90": {"probability": {"uniform": [0.1, 0.9]}},
        "random_jitter_boxes": {"ratio": 0.1, "jitter_mode": {"choice": ["DEFAULT", "SHRINK"]}},
        "random_scale_crop_and_pad_to_square": {"output_size": {"integer": [96, 160]}},
        "random_square_crop_by_scale": {"enabled": True, "scale_min": {"log_uniform": [0.3, 1.0]}},
    }
    folder = create_sweep(SweepRequest(write_spec(augmentations=augmentations), out=tmp_path / "run"))
    assert folder.spec.exists()


def test_ends_out_of_range_are_refused_by_their_key(write_spec: Write, tmp_path: Path) -> None:
    augmentations = {
        "random_square_crop_by_scale": {"scale_min": {"uniform": [0.5, 1.5]}},
        "random_image_scale": {"min_scale_ratio": 0.0},
    }
    with pytest.raises(SweepError) as error:
        create_sweep(SweepRequest(write_spec(augmentations=augmentations), out=tmp_path / "run"))
    for key in ("random_square_crop_by_scale.scale_min", "random_image_scale.min_scale_ratio"):
        assert f"augmentations.{key}: " in str(error.value)
