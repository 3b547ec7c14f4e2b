import pytest

from sweepbox.tuning.loggers.names import plain_names


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        (["mAP", "loss/total"], ["mAP", "loss/total"]),
        (["AP@.50/with mask"], ["AP_at_.50/with mask"]),
        (["mAP (small)"], ["mAP _small_"]),
        (["AP/a+b", "AP/a*b", "AP/a_b"], ["AP/a_b", "AP/a_b-2", "AP/a_b-3"]),
        (["AP/..", "AP//x", "/y"], ["AP/_..", "AP/_/x", "_/y"]),
        (["AP/größe"], ["AP/gr__e"]),
    ],
)
def test_names_have_plain_characters_and_are_different(names: list[str], plain: list[str]) -> None:
    assert list(plain_names(names).values()) == plain
