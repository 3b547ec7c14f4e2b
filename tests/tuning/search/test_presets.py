from pathlib import Path

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.search.presets import PRESETS, with_preset
from sweepbox.tuning.spec.schema import Distribution, SweepSpec

CONFIGS = Path(__file__).parents[3] / "experiments" / "configs"
GAMMA = "model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma"


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("config", sorted(path.name for path in CONFIGS.glob("*.config")))
def test_a_preset_fits_the_configs_and_expanding_twice_changes_nothing(config: str, name: str) -> None:
    base = load_config(CONFIGS / config)
    expansion = with_preset(SweepSpec(name="a", base_config="b", preset=name), base)
    assert expansion.left_out == ()
    assert {"learning_rate", "warmup_steps", "l2_weight"} <= expansion.spec.space.keys()
    check_space(base, expansion.spec)
    assert with_preset(expansion.spec, base).spec == expansion.spec


def test_own_entries_and_fixed_fields_replace_those_of_the_preset() -> None:
    own = Distribution(choice=[0.25])
    flip = "train_config.data_augmentation_options[random_horizontal_flip]"
    spec = SweepSpec(
        name="a", base_config="b", preset="finetune", space={"focal_alpha": own}, set={GAMMA: 2.0, flip: True}
    )
    expanded = with_preset(spec, load_config(CONFIGS / "quickstart.config")).spec
    assert expanded.space["focal_alpha"] == own
    assert "focal_gamma" not in expanded.space
    assert "random_horizontal_flip" not in expanded.augmentations


def test_entries_that_the_base_config_does_not_support_are_left_out_with_a_line() -> None:
    loss = "model.ssd.loss.classification_loss.weighted_sigmoid"
    base = apply_edits(load_config(CONFIGS / "quickstart.config"), [Edit(loss, True)])
    expansion = with_preset(SweepSpec(name="a", base_config="b", preset="finetune"), base)
    assert not {"focal_gamma", "focal_alpha"} & expansion.spec.space.keys()
    assert [line.split(" is left out")[0] for line in expansion.left_out] == [
        "preset finetune: focal_gamma",
        "preset finetune: focal_alpha",
    ]


def test_an_unknown_preset_is_refused_with_the_nearest() -> None:
    with pytest.raises(SweepError, match="preset: unknown preset 'fine_tune'; did you mean 'finetune'"):
        with_preset(
            SweepSpec(name="a", base_config="b", preset="fine_tune"), load_config(CONFIGS / "quickstart.config")
        )
