"""What the facts of nodes mean for a sweep."""

from dataclasses import replace
from typing import Any

import pytest

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.cluster_check import ClusterReport
from sweepbox.tuning.ray_backend.cluster_findings import Finding, Gpu, Node, findings
from sweepbox.tuning.spec.resources import Resources

PACKAGES = {"sweepbox": "0.1.0", "ray": "2.60.0", "keras": "3.15.0", "tensorflow": "2.21.0"}
GOOD = Node(
    "one",
    {"CPU": 8.0, "GPU": 2.0},
    "3.11.7",
    PACKAGES,
    (Gpu("A GPU", 80_000, 79_000, "570.1"),),
    "/scratch",
    100 * 2**30,
)
ON_GPU = Resources(cpu=2, gpu=0.5)


def found(*nodes: Node, share: Resources = ON_GPU, backend: Backend = Backend.TENSORFLOW) -> list[Finding]:
    return list(findings(nodes, python="3.11.9", packages=PACKAGES, backend=backend, share=share))


def test_nodes_like_the_driver_have_no_findings() -> None:
    assert not found(GOOD, replace(GOOD, name="two"))


@pytest.mark.parametrize(
    ("changes", "is_fatal", "text"),
    [
        ({"python": "3.12.1"}, True, "Python 3.12.1, the driver has 3.11.9; install Python 3.11 there"),
        (
            {"packages": {**PACKAGES, "sweepbox": "0.0.9"}},
            True,
            "sweepbox is 0.0.9, the driver's is 0.1.0; run `pip install sweepbox==0.1.0` there",
        ),
        (
            {"packages": {k: v for k, v in PACKAGES.items() if k != "tensorflow"}},
            True,
            "tensorflow is not installed; run `pip install tensorflow==2.21.0` there",
        ),
        (
            {"packages": {**PACKAGES, "keras": "3.14.0"}},
            False,
            (
                "keras is 3.14.0, the driver's is 3.15.0; run `pip install keras==3.15.0` there, or trials of "
                "different nodes may differ"
            ),
        ),
        (
            {"unreachable": {"/runs/a": "there is no such folder"}},
            True,
            "cannot use /runs/a: there is no such folder; put it on a file system that all nodes mount there",
        ),
        (
            {"gpus": ()},
            True,
            "Ray offers GPUs, NVIDIA's driver names none; install the driver, or start Ray with --num-gpus=0",
        ),
        ({"clock_s": -3.0}, False, "its clock is 3.0 s behind the driver's; set both by NTP"),
        ({"clock_s": 90.0}, True, "its clock is 90.0 s ahead of the driver's; set both by NTP"),
        (
            {"free_bytes": 2**29},
            False,
            "/scratch has 0.5 GiB free; free some, or set TMPDIR before Ray is started there",
        ),
    ],
)
def test_each_difference_is_told_with_its_remedy(changes: dict[str, Any], is_fatal: bool, text: str) -> None:
    assert found(GOOD, replace(GOOD, name="two", **changes)) == [Finding("two", text, is_fatal)]


def test_a_clock_that_the_answers_cannot_tell_from_the_drivers_is_not_reported() -> None:
    assert not found(replace(GOOD, clock_s=3.0, clock_error_s=1.5))


def test_a_node_on_which_no_trial_fits_is_not_examined() -> None:
    head = Node("head", {"CPU": 1.0}, "3.12.1", {}, (), "/scratch", 0)
    assert not found(GOOD, head)
    assert [finding.node for finding in found(head)] == ["cluster"]


def test_a_silent_node_is_refused_first() -> None:
    slow = replace(GOOD, name="two", clock_s=5.0)
    told = found(slow, Node("three", silent="did not answer within 90 s"))
    assert [(finding.node, finding.is_fatal) for finding in told] == [("three", True), ("two", False)]
    with pytest.raises(SweepError, match=r"the cluster cannot run this sweep:\n  three: did not answer"):
        ClusterReport((slow,), tuple(told)).check()


def test_a_gpu_is_not_asked_for_where_trials_use_none() -> None:
    assert not found(replace(GOOD, gpus=()), share=Resources(cpu=1))
