import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.requirements import Requirement

VALUES = {
    "warmup_steps": 20,
    "num_steps": 100,
    "optimizer": "adam_optimizer",
    "random_crop_image": True,
    "train_config.data_augmentation_options[random_crop_image].min_area": 0.5,
    "list[0].field": 3,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("warmup_steps <= 0.2 * num_steps", True),
        ("warmup_steps < 0.2 * num_steps", False),
        ("10 <= warmup_steps <= 30", True),
        ("10 <= warmup_steps <= 15", False),
        ("warmup_steps + 5 * 2 - 10 == num_steps / 5", True),
        ("-warmup_steps < 0", True),
        ("+warmup_steps > 0", True),
        ("not (warmup_steps > 10)", False),
        ("optimizer != 'adam_optimizer' or warmup_steps >= 20", True),
        ("optimizer == 'adam_optimizer' and warmup_steps > 20", False),
        ("random_crop_image == true", True),
        ("random_crop_image == false", False),
        ("train_config.data_augmentation_options[random_crop_image].min_area >= 0.5", True),
        ("list[0].field < 3", False),
        ("momentum > 0.9", True),  # absent: the requirement holds
        ("momentum > 0.9 and warmup_steps > 100", True),
        ("warmup_steps / 0 < 1", False),
        ("optimizer < 1", False),
        ("  warmup_steps > 1  ", True),
    ],
)
def test_a_requirement_is_computed(text: str, holds: bool) -> None:
    assert Requirement.parse(text).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no condition"),
        ("warmup_steps", "compares nothing"),
        ("warmup_steps <=", "is no condition"),
        ("1 < 2", "names no setting"),
        ("a < b; c", "is no condition"),
        ("a = 1", "is no condition"),
        ("__import__('os').system('true') == 0", "is not accepted"),
        ("open('x') > 1", "is not accepted"),
        ("a ** 9 < 1", "is not accepted"),
        ("a % 2 == 0", "is not accepted"),
        ("a in [1, 2]", "is not accepted"),
        ("a is None", "is not accepted"),
        ("(lambda: a)() < 1", "is not accepted"),
        ("a if b else c < 1", "compares nothing"),
        ("(a if b else c) < 1", "is not accepted"),
        ("[x for x in a] < 1", "is not accepted"),
        ("a < 1j", "is not accepted"),
        ("a < None", "is not accepted"),
        ("a[b.c] < 1", "is not accepted"),
        ("f'{a}' < 1", "is not accepted"),
        ("(a := 1) < 2", "is not accepted"),
        ("~a < 1", "is not accepted"),
        ("a < " + "(" * 240 + "1" + ")" * 240, "is no condition"),
        ("a < " + "1 + " * 300 + "1", "characters"),
        ("a\0 < 1", "is no condition"),
    ],
)
def test_anything_but_a_comparison_is_refused(text: str, message: str) -> None:
    with pytest.raises(SweepError, match=message):
        Requirement.parse(text)


def test_names_are_the_settings() -> None:
    assert Requirement.parse("a.b[c].d < 2 * e or f == true").names == {"a.b[c].d", "e", "f"}
