"""A sweep on an S3 store: taken over from the URI alone while its driver lives, ended, exported elsewhere."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sweepbox.detection.core.remote.location import Location
from tests.scripts.sweeps import TRIALS, Sweep, make_home, sweepbox

SECRET = "c2VjcmV0LW9mLXRoZS1zdG9yZQ"  # noqa: S105 - of a server of this test
URI = "s3://sweeps/mine/run"
STEPS, EVERY = 60, 3
EVALUATIONS = STEPS // EVERY


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """An S3 server with a bucket, and what its clients read."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-store")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("SWEEPBOX_CACHE", str(tmp_path_factory.mktemp("first-machine")))
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/sweeps", method="PUT")).close()  # noqa: S310
        yield patch
    server.stop()


def newest_metrics() -> list[dict[str, Any]]:
    """Return the evaluations of the first trial that are on the store."""
    manifests = Location(URI).join("manifests/trials/0000")
    names = [item.name for item in manifests.list()]
    if not names:
        return []
    files = json.loads(manifests.join(max(names)).read_bytes())["files"]
    texts = [file["text"] for file in files if file["name"].endswith("metrics.jsonl")]
    return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture(scope="module")
def story(environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a sweep left at each step: taken over by another machine, ended, exported on a third one."""
    length = {"steps": STEPS, "evaluate_every": EVERY}
    home = make_home(tmp_path_factory.mktemp("home"), training=length)
    told: dict[str, Any] = {"home": home}
    first = Sweep(home, run=URI)
    first.until(lambda: 2 <= len(newest_metrics()) < EVALUATIONS)
    told["before"] = newest_metrics()
    told["refused"] = sweepbox("sweep", f"{URI}/sweep.yaml", "--out", URI)
    environment.setenv("SWEEPBOX_CACHE", str(tmp_path_factory.mktemp("second-machine")))
    told["resumed"] = sweepbox("sweep", f"{URI}/sweep.yaml", "--out", URI, "--resume", "--take-over")
    told["first"] = first.process.wait(300)
    environment.setenv("SWEEPBOX_CACHE", str(tmp_path_factory.mktemp("third-machine")))
    told["status"] = sweepbox("status", URI, "--json")
    told["cache"] = list(tmp_path_factory.getbasetemp().glob("third-machine*/**/*.npz"))
    told["export"] = sweepbox("export", URI, home / "export", "--format", "checkpoint")
    told["report"] = sweepbox("report", URI, "--no-detector", "--out", home / "report.html")
    told["terminals"] = first.output()
    told["objects"] = [item.name for item in Location(URI).list()]
    return told


pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # two sweeps in processes of their own


def test_a_sweep_goes_on_from_its_uri_alone(story: dict[str, Any]) -> None:
    assert story["resumed"].returncode == 0, story["resumed"].stderr + story["resumed"].stdout
    after = newest_metrics()
    assert [item["evaluation"] for item in after] == list(range(1, EVALUATIONS + 1))
    assert after[: len(story["before"])] == story["before"], "no evaluation is made twice"
    told = json.loads(story["status"].stdout)
    assert [trial["state"] for trial in told["trials"]] == ["finished"] * TRIALS


def test_the_driver_that_lost_the_sweep_ends_with_one_line(story: dict[str, Any]) -> None:
    assert story["first"] == 2
    last = story["terminals"].strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "has taken the sweep over (epoch 2, here 1)" in last
    assert "Traceback" not in story["terminals"]


def test_a_new_sweep_is_refused_where_one_is(story: dict[str, Any]) -> None:
    assert story["refused"].returncode == 2
    assert f"{URI}: a sweep is here already; resume it with --resume" in story["refused"].stderr


def test_status_fetches_no_weights_and_the_winner_is_exported(story: dict[str, Any]) -> None:
    assert story["cache"] == []
    assert story["export"].returncode == 0, story["export"].stderr
    assert (story["home"] / "export" / "checkpoint").is_dir()
    assert story["report"].returncode == 0, story["report"].stderr
    assert (story["home"] / "report.html").stat().st_size > 10_000


def test_only_what_is_needed_stays_on_the_store(story: dict[str, Any]) -> None:
    names = story["objects"]
    assert not [name for name in names if "/last/" in name], "saved states of trials that have ended"
    assert not [name for name in names if "study.sqlite3" in name]
    assert any(name.startswith("manifests/sweep/000002-") for name in names), "the second driver's turn"


def test_credentials_are_in_no_file_and_in_no_output(
    story: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = [story["terminals"], *(told.stdout + told.stderr for told in _processes(story))]
    assert not [text for text in texts if SECRET in text]
    secret = SECRET.encode()
    assert not [name for name in story["objects"] if secret in Location(URI).join(name).read_bytes()]
    files = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    assert len(files) > 50
    assert not [path for path in files if secret in path.read_bytes()]


def _processes(story: dict[str, Any]) -> list[Any]:
    return [story[name] for name in ("refused", "resumed", "status", "export", "report")]
