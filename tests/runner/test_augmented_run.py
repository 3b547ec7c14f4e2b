"""A run with all augmentation options for pixels, labels and batches together."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.runner import RunSettings, TrainingRun

SettingsOf = Callable[..., RunSettings]
OPTIONS = "train_config.data_augmentation_options"
EVERY = tuple(
    f"{OPTIONS}[{name}]={content}"
    for name, content in {
        "random_jpeg_quality": "{random_coef: 0.5 min_jpeg_quality: 20}",
        "random_distort_color": "{color_ordering: 1}",
        "random_rgb_to_gray": "true",
        "adjust_gamma": "{gamma: 1.1}",
        "normalize_image": "{original_minval: 0 original_maxval: 255 target_minval: 5 target_maxval: 250}",
        "random_pixel_value_scale": "true",
        "random_patch_gaussian": "{random_coef: 0.5 max_patch_size: 30 max_gaussian_stddev: 0.3}",
        "random_black_patches": "{max_black_patches: 3}",
        "drop_label_probabilistically": "{label: 1 drop_probability: 0.2}",
        "remap_labels": "{original_labels: 1 new_label: 2}",
        "random_copy_paste": "{probability: 0.8 max_objects: 2 max_class_share: 0.4}",
        "random_mosaic": "{max_number_of_boxes: 24}",
        "random_mix_up": "true",
    }.items()
)
LOUDER = (
    f"{OPTIONS}[random_jpeg_quality].max_jpeg_quality=60",
    f"{OPTIONS}[random_copy_paste].probability=0.2",
    f"{OPTIONS}[random_mosaic].probability=0.9",
    f"{OPTIONS}[random_patch_gaussian].max_patch_size=40",
)


@pytest.mark.slow
def test_a_run_is_reproducible_and_resumable_and_accepts_other_strengths(
    settings_of: SettingsOf, tmp_path: Path
) -> None:
    settings = settings_of(*EVERY)
    check_supported(settings.config)
    run = TrainingRun(settings)
    try:
        run.advance(5)
        run.save(tmp_path / "state")
        losses = run.advance(5).losses
        assert np.isfinite(losses["total"])
        expected = weight_arrays(run.detector.network)
        traces = run.traces
        run.reset(settings_of(*EVERY, *LOUDER))
        assert run.advance(2).losses["total"] != pytest.approx(losses["total"], rel=1e-4)
        run.reset(settings)
        run.restore(tmp_path / "state")
        run.advance(5)
        for path, array in weight_arrays(run.detector.network).items():
            assert array == pytest.approx(expected[path], rel=1e-5, abs=1e-6), path
        assert run.traces == traces
        with pytest.raises(ConfigError, match="there is no class hat"):
            run.reset(settings_of(f"{OPTIONS}[random_copy_paste].class_names=hat"))
    finally:
        run.close()
