"""How many trials run at a time, and what is refused."""

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.places import concurrent_trials, whole_machine
from sweepbox.tuning.spec.resources import Resources

GB = 1e9


@pytest.mark.parametrize(
    ("nodes", "share", "limit", "places"),
    [
        ([{"CPU": 2.0}], {}, None, 2),
        ([{"CPU": 2.0}], {"cpu": 2}, None, 1),
        ([{"CPU": 2.0}], {"cpu": 0.5}, None, 4),
        ([{"CPU": 3.0}], {"cpu": 2}, None, 1),
        ([{"CPU": 3.0}, {"CPU": 3.0}], {"cpu": 2}, None, 2),
        ([{"CPU": 16.0, "GPU": 2.0}], {"cpu": 4, "gpu": 0.5}, None, 4),
        ([{"CPU": 16.0, "GPU": 2.0}], {"gpu": 0.5}, None, 4),
        ([{"CPU": 16.0, "GPU": 2.0}], {"gpu": 0.6}, None, 2),
        ([{"CPU": 16.0, "GPU": 3.0}], {"gpu": 1}, None, 3),
        ([{"CPU": 16.0, "GPU": 1.0}], {"gpu": 0.1}, None, 10),
        ([{"CPU": 16.0, "GPU": 1.0}], {"gpu": 0.1}, 3, 3),
        ([{"CPU": 8.0}, {"CPU": 8.0, "GPU": 1.0}], {"gpu": 0.5}, None, 2),
        ([{"CPU": 8.0, "memory": 5 * GB}], {"memory": "2GB"}, None, 2),
        ([{"CPU": 8.0, "memory": 5 * GB}, {"CPU": 1.0, "memory": 5 * GB}], {"memory": "2GB"}, None, 3),
        ([{"CPU": 8.0, "memory": 5 * GB}, {"CPU": 8.0}], {"memory": "1GB"}, None, 5),
    ],
)
def test_as_many_trials_run_as_fit_on_the_machines(
    nodes: list[dict[str, float]], share: dict[str, float], limit: int | None, places: int
) -> None:
    assert concurrent_trials(nodes, Resources(**share), limit=limit) == places


@pytest.mark.parametrize(
    ("nodes", "share", "told"),
    [
        ([{"CPU": 2.0}], {"gpu": 1}, "gpu is 1, no machine has more than 0; ask for less"),
        ([{"CPU": 2.0}] * 2, {"cpu": 4}, "cpu is 4, no machine has more than 2;"),
        (
            [{"CPU": 2.0, "memory": 1.5 * GB}],
            {"memory": "2GB"},
            "memory is 2 GB, no machine has more than 1.5 GB;",
        ),
        (
            [{"CPU": 2.0}],
            {"cpu": 4, "gpu": 0.5},
            "cpu is 4, no machine has more than 2; gpu is 0.5, no machine",
        ),
        (
            [{"CPU": 8.0}, {"CPU": 1.0, "GPU": 1.0}],
            {"cpu": 4, "gpu": 1},
            "cpu 4, gpu 1 are asked for, no machine",
        ),
        ([], {}, "cpu is 1, no machine has more than 0;"),
    ],
)
def test_a_trial_that_fits_nowhere_is_refused_by_what_is_missing(
    nodes: list[dict[str, float]], share: dict[str, float], told: str
) -> None:
    with pytest.raises(SweepError) as refused:
        concurrent_trials(nodes, Resources(**share), limit=None)
    assert str(refused.value).startswith(f"resources_per_trial: a trial fits on no machine: {told}")


@pytest.mark.parametrize(
    ("nodes", "share", "alone"),
    [
        ([{"CPU": 8.0, "GPU": 1.0}], {"cpu": 2, "gpu": 0.25}, {"CPU": 2.0, "GPU": 1.0}),
        ([{"CPU": 8.0, "memory": 5.5}, {"CPU": 2.0}], {"cpu": 2}, {"CPU": 8.0}),
        (
            [{"CPU": 8.0, "memory": 4 * GB}, {"CPU": 4.0, "memory": 9 * GB + 0.5}],
            {"memory": "1GB"},
            {"CPU": 4.0, "memory": 9 * GB},
        ),
    ],
)
def test_a_trial_alone_has_a_whole_gpu_or_a_whole_machine(
    nodes: list[dict[str, float]], share: dict[str, float], alone: dict[str, float]
) -> None:
    assert whole_machine(nodes, Resources(**share)) == alone
