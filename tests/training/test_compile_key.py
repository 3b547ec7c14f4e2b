from pathlib import Path

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.training.compile_key import CompileKey

QUICKSTART = Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config"


@pytest.mark.parametrize(
    ("edit", "is_static"),
    [
        (Edit("learning_rate", 0.123), False),
        (Edit("focal_gamma", 1.25), False),
        (Edit("batch_size", 3), True),
        (Edit("eval_config.batch_size", 5), True),
        (Edit("optimizer", "momentum_optimizer"), True),
        (Edit("train_config.data_augmentation_options[random_adjust_brightness]", True), True),
        (Edit("model.ssd.image_resizer.fixed_shape_resizer.height", 256), True),
    ],
)
def test_static_fields_change_the_key_and_its_id(edit: Edit, is_static: bool) -> None:
    base = load_config(QUICKSTART)
    one, other = CompileKey.of(base), CompileKey.of(apply_edits(base, [edit]))
    assert (one != other) is is_static
    assert (one.id != other.id) is is_static
    assert len({one, other}) == 1 + is_static


def test_precision_and_shapes_change_the_key_but_not_its_id() -> None:
    config = load_config(QUICKSTART)
    keys = [CompileKey.of(config), *(CompileKey.of(config, precision) for precision in Precision)]
    keys += [key.with_shapes(((640, 640), 8)) for key in keys]
    assert len(set(keys)) == len(keys)
    assert {key.id for key in keys} == {keys[0].id}


def test_the_id_does_not_change_between_versions() -> None:
    assert CompileKey.of(load_config(QUICKSTART)).id == "921217db2a89"


def test_an_unknown_augmentation_has_no_key() -> None:
    config = load_config(QUICKSTART)
    config.train_config.data_augmentation_options.add()
    with pytest.raises(ConfigError, match="an empty option is not supported"):
        CompileKey.of(config)
