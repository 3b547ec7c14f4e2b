import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.cluster import concurrent_trials
from sweepbox.tuning.spec.schema import Resources


@pytest.mark.parametrize(
    ("cluster", "cpu", "gpu", "limit", "places"),
    [
        ({"CPU": 2.0}, 1, 0, None, 2),
        ({"CPU": 2.0}, 2, 0, None, 1),
        ({"CPU": 2.0}, 0.5, 0, None, 4),
        ({"CPU": 3.0}, 2, 0, None, 1),
        ({"CPU": 16.0, "GPU": 2.0}, 4, 0.5, None, 4),
        ({"CPU": 16.0, "GPU": 2.0}, 1, 0.5, None, 4),
        ({"CPU": 16.0, "GPU": 2.0}, 1, 0.6, None, 2),
        ({"CPU": 16.0, "GPU": 3.0}, 1, 1, None, 3),
        ({"CPU": 16.0, "GPU": 1.0}, 1, 0.1, None, 10),
        ({"CPU": 16.0, "GPU": 1.0}, 1, 0.1, 3, 3),
    ],
)
def test_as_many_trials_run_as_fit(
    cluster: dict[str, float], cpu: float, gpu: float, limit: int | None, places: int
) -> None:
    assert concurrent_trials(cluster, Resources(cpu=cpu, gpu=gpu), limit=limit) == places


@pytest.mark.parametrize("cluster", [{"CPU": 2.0}, {"CPU": 0.5, "GPU": 1.0}])
def test_a_trial_that_fits_nowhere_is_refused(cluster: dict[str, float]) -> None:
    with pytest.raises(SweepError, match=r"asks for 1 CPUs and 1 GPUs, there are .*; ask for less"):
        concurrent_trials(cluster, Resources(cpu=1, gpu=1), limit=None)
