import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.search.programs import has_several_programs, sample_programs, static_parameters
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec

QUICKSTART = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.config"
BRIGHTNESS = "train_config.data_augmentation_options[random_adjust_brightness]"


def space_of(**keys: Any) -> Space:
    return Space.of(SweepSpec(name="s", base_config="c", **keys))


MAX_DELTA = {"max_delta": {"uniform": [0.1, 0.2]}}
ALWAYS = {"enabled": True}


@pytest.mark.parametrize(
    "space",
    [
        {"space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}, "focal_gamma": {"choice": [1.0, 2.0]}}},
        {"space": {"batch_size": {"choice": [4]}, "focal_gamma": {"uniform": [1.0, 2.0]}}},
        {"augmentations": {"random_adjust_brightness": {**ALWAYS, **MAX_DELTA}}},
    ],
)
def test_dynamic_parameters_leave_one_program(space: dict[str, Any]) -> None:
    assert not has_several_programs(load_config(QUICKSTART), space_of(**space))


@pytest.mark.parametrize(
    "space",
    [
        {"space": {"batch_size": {"choice": [2, 4]}}},
        {"space": {"batch_size": {"integer": [2, 4]}, "focal_gamma": {"uniform": [1.0, 2.0]}}},
        {"space": {"model.ssd.feature_extractor.depth_multiplier": {"uniform": [0.5, 1.0]}}},
        {"augmentations": {"random_adjust_brightness": {}}},
        {"augmentations": {"random_adjust_brightness": {"enabled": [False, True], **MAX_DELTA}}},
        {"augmentations": {"random_distort_color": {**ALWAYS, "color_ordering": {"choice": [0, 1]}}}},
    ],
)
def test_static_parameters_make_several(space: dict[str, Any]) -> None:
    assert has_several_programs(load_config(QUICKSTART), space_of(**space))


def test_static_parameters_are_named() -> None:
    space = space_of(
        space={
            "learning_rate": {"log_uniform": [1e-4, 1e-2]},
            "batch_size": {"choice": [2, 4]},
            "model.ssd.feature_extractor.depth_multiplier": {"uniform": [0.5, 1.0]},
        },
        augmentations={
            "random_adjust_brightness": {"enabled": [False, True], **MAX_DELTA},
            "random_distort_color": {**ALWAYS, "color_ordering": {"choice": [0, 1]}},
        },
    )
    assert set(static_parameters(load_config(QUICKSTART), space)) == {
        "batch_size",
        "model.ssd.feature_extractor.depth_multiplier",
        "random_adjust_brightness",
        "random_distort_color.color_ordering",
    }


@pytest.mark.parametrize(
    "edit",
    [
        Edit("learning_rate", 0.123),
        Edit("num_steps", 77),
        Edit("focal_gamma", 1.25),
        Edit("focal_alpha", 0.5),
        Edit("batch_size", 3),
        Edit("model.ssd.image_resizer.fixed_shape_resizer.height", 256),
        Edit("eval_config.batch_size", 5),
        Edit(BRIGHTNESS, True),
        Edit(f"{BRIGHTNESS}.max_delta", 0.07),
    ],
)
def test_equal_ids_are_equal_keys(edit: Edit) -> None:
    base = load_config(QUICKSTART)
    try:
        other = apply_edits(base, [edit])
    except ConfigError:
        other = apply_edits(base, [Edit(BRIGHTNESS, True), edit])
    one, another = CompileKey.of(base), CompileKey.of(other)
    assert (one.id == another.id) is (one == another)


def test_the_program_is_named_without_keras_and_alike_in_every_process() -> None:
    code = (
        "import sys, pathlib; from sweepbox.detection.config.load import load_config; "
        "from sweepbox.detection.training.compile_key import CompileKey; import sweepbox.tuning.sweep.manager; "
        f"name = CompileKey.of(load_config(pathlib.Path({str(QUICKSTART)!r}))).id; "
        "print(name, 'keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.split() == [CompileKey.of(load_config(QUICKSTART)).id, "False"], told.stderr


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({"space": {"focal_gamma": {"uniform": [1.0, 2.0]}}}, ["base config"]),
        ({"space": {"batch_size": {"choice": [3, 5]}}}, ["base config", "batch_size=3", "batch_size=5"]),
    ],
)
def test_each_program_is_sampled_once(keys: dict[str, Any], names: list[str]) -> None:
    programs = sample_programs(load_config(QUICKSTART), space_of(**keys))
    assert [program.name for program in programs] == names
    assert len({CompileKey.of(program.config) for program in programs}) == len(programs)
