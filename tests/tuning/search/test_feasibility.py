from pathlib import Path

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search import suggestions as suggestions_module
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.search.feasibility import Feasibility
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.table import SAMPLERS
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import MOST_REDRAWS, Suggestions
from sweepbox.tuning.spec.file import parse_spec
from sweepbox.tuning.spec.schema import SweepSpec

QUICKSTART = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.config"
SPACE = """
name: a
base_config: b
space:
  warmup_steps: {integer: [0, 200], step: 10}
  focal_gamma: {uniform: [1.0, 2.0], step: 0.25}
  focal_alpha: {choice: [0.25, 0.5]}
augmentations: {random_horizontal_flip: {}}
"""


def spec_with(*requirements: str) -> SweepSpec:
    return parse_spec(SPACE + "require:\n" + "".join(f"  - {text!r}\n" for text in requirements))


def suggestions_of(spec: SweepSpec, sampler: str, *observations: Observation) -> Suggestions:
    return Suggestions(
        SAMPLERS[sampler].model_validate({}),
        Space.of(spec),
        seed=3,
        observations=observations,
        is_feasible=Feasibility.of(spec, load_config(QUICKSTART)).allows,
    )


@pytest.mark.parametrize("sampler", sorted(SAMPLERS.keys() - {"gp"}))
def test_every_suggestion_meets_the_requirements_and_takes_one_number(sampler: str) -> None:
    spec = spec_with("warmup_steps <= 0.1 * num_steps", "focal_gamma < 1.5 or random_horizontal_flip == true")
    suggestions = suggestions_of(spec, sampler)
    made = [suggestions.suggest() for _ in range(8)]
    assert [suggestion.number for suggestion in made] == [*range(8)]
    assert sum(suggestion.redraws for suggestion in made) > 0
    for suggestion in made:
        parameters = suggestion.parameters
        assert parameters["warmup_steps"] <= 0.1 * load_config(QUICKSTART).train_config.num_steps
        assert parameters["focal_gamma"] < 1.5 or parameters["random_horizontal_flip"]
    observed = [
        Observation(item.number, item.parameters, ObservedState.RUNNING, attributes=item.attributes)
        for item in made[:5]
    ]
    assert suggestions_of(spec, sampler, *observed).suggest() == made[5]


def test_after_many_redraws_a_suggestion_is_drawn_at_random() -> None:
    spec = spec_with("warmup_steps == 200 and focal_gamma == 2 and focal_alpha == 0.5")
    suggestion = suggestions_of(spec, "tpe").suggest()
    assert suggestion.redraws >= MOST_REDRAWS
    assert suggestion.parameters["warmup_steps"] == 200


def test_requirements_that_nothing_meets_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions_module, "MOST_DRAWS", 50)
    with pytest.raises(SweepError, match="require: none of 100 suggestions and 50 random draws"):
        suggestions_of(spec_with("warmup_steps < 0"), "random").suggest()


@pytest.mark.parametrize(
    ("requirements", "message"),
    [
        (["warmup_steps < 0"], r"require: 0.00% .* the tightest is 'warmup_steps < 0', met by 0.00%"),
        (["focal_gamma < 2", "warmup_steps < 10 and focal_alpha < 0.3 and focal_gamma < 1.1"], "0.5.%"),
        (["warmup_stps < 10"], "'warmup_stps' is no parameter .* did you mean 'warmup_steps'"),
        (["total < 10", "warmup_steps"], r"require\[1\]: 'warmup_steps': compares nothing"),
        (["model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma < 2"], "space.focal_gamma changes"),
    ],
)
def test_requirements_that_cannot_be_met_are_refused(requirements: list[str], message: str) -> None:
    with pytest.raises(SweepError, match=message):
        check_space(load_config(QUICKSTART), spec_with(*requirements))


def test_settings_outside_the_space_have_the_base_configs_values() -> None:
    spec = spec_with("train_config.batch_size * warmup_steps < num_steps")
    base = load_config(QUICKSTART)
    assert Feasibility.of(spec, base).constants == {
        "train_config.batch_size": base.train_config.batch_size,
        "num_steps": base.train_config.num_steps,
    }
