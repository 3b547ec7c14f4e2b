"""Numbers that are not finite end a training with one line, wherever they come up first."""

from collections.abc import Callable

import pytest

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.runner import RunSettings, train

pytestmark = pytest.mark.usefixtures("trains_with_shared_run")
FLAT = ("warmup_steps=0", "learning_rate=1e30", "num_steps=4")
RISING = "train_config.optimizer.adam_optimizer.learning_rate.exponential_decay_learning_rate"
FIRST_RATE = f"{RISING}.initial_learning_rate=0.001"
RISING_RATE = (
    f"{RISING}=true",
    f"{RISING}.decay_steps=1",
    f"{RISING}.burnin_steps=0",
    FIRST_RATE,
    "num_steps=4",
)


@pytest.mark.parametrize(
    ("edits", "settings", "message"),
    [
        (FLAT, {"evaluate_every": 1}, "not finite in the evaluation after step 1; lower the learning rate"),
        (FLAT, {"evaluate_every": 1, "metric": "loss/total"}, "not finite in the evaluation after step 1; "),
        (FLAT, {"evaluate_every": 4}, "the loss is not finite at step 2; lower the learning rate"),
        ((*FLAT, "num_steps=1"), {}, "not finite in the evaluation after step 1; "),
        (
            (*RISING_RATE, f"{RISING}.decay_factor=1e30"),
            {"evaluate_every": 4},
            r"the learning rate is 1e\+57 at step 3",
        ),
        (
            (*RISING_RATE, f"{RISING}.decay_factor=3e38"),
            {"evaluate_every": 1},
            "after step 2; lower the learning",
        ),
    ],
)
def test_a_training_whose_numbers_leave_all_bounds_says_so_in_one_line(
    settings_of: Callable[..., RunSettings],
    edits: tuple[str, ...],
    settings: dict[str, object],
    message: str,
    request: pytest.FixtureRequest,
) -> None:
    with pytest.raises(TrainingError, match=message) as refused:
        train(settings_of(*edits, directory=f"run-{abs(hash(request.node.name))}", **settings))
    assert len(str(refused.value).splitlines()) == 1


def test_the_rate_of_a_step_beyond_the_end_does_not_matter(settings_of: Callable[..., RunSettings]) -> None:
    beyond_the_bounds_at_step_5 = (
        *RISING_RATE,
        f"{RISING}.burnin_learning_rate=0.001",
        f"{RISING}.burnin_steps=3",
        f"{RISING}.initial_learning_rate=1.2",
        f"{RISING}.decay_factor=3e38",
    )
    settings = settings_of(*beyond_the_bounds_at_step_5, directory="run-to-its-end", evaluate_every=2)
    assert train(settings).step == 4
