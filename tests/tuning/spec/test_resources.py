"""The share of a trial in a sweep file, and sizes of memory."""

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.spec.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("800MB", 800_000_000), ("1.5GB", 1_500_000_000), ("2GiB", 2**31), ("64 kb", 64_000), (" 1TB ", 10**12)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "4", "GB", "-1GB", "0GB", "1e3GB", "4 apples", "9999999TB", "1GBGB", "٣GB"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(SweepError, match="is no size of memory; write for instance"):
        parse_size(text)


def test_sizes_are_shown() -> None:
    assert [format_size(size) for size in (512e6, 1.336e9, 24e9)] == ["512 MB", "1.34 GB", "24 GB"]


def test_auto_is_a_short_form() -> None:
    assert Resources.model_validate("auto") == Resources(auto=True)
    assert not Resources().auto


def test_the_names_of_ray() -> None:
    assert Resources().for_ray == {"CPU": 1}
    assert Resources(cpu=2, gpu=0.25, memory="1GB").for_ray == {"CPU": 2, "GPU": 0.25, "memory": 1e9}
    assert Resources(memory="1GB").options_for_ray == {"num_cpus": 1, "num_gpus": 0, "memory": 1e9}


@pytest.mark.parametrize(
    ("given", "told"),
    [("car", "'car': write `auto`, or keys such as"), ({"memory": "lots"}, "'lots' is no size of memory")],
)
def test_other_forms_are_refused(given: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Resources.model_validate(given)
