import os
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import MissingObjectError, StorageError, UsageError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry

AT_ONCE = Retry(deadline_s=0)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """Start moto's S3 on loopback, and return its URL."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def s3_environment(monkeypatch: pytest.MonkeyPatch, s3_server: str) -> str:
    """Set what S3's client reads, and make a bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id-of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_server}/{bucket}", method="PUT")).close()  # noqa: S310
    return f"s3://{bucket}/a%20b"


@pytest.fixture(params=["file", "memory", "s3"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Return an empty location of each kind of store."""
    if request.param == "file":
        return Location(f"file://{tmp_path}/store")
    if request.param == "memory":
        return Location(f"memory://{uuid.uuid4().hex}/store")
    return Location(request.getfixturevalue("s3_environment"))


def test_objects_are_written_read_listed_and_deleted(location: Location, tmp_path: Path) -> None:
    assert location.list() == ()
    assert not location.exists()
    location.join("one.txt").write_bytes(b"first")
    location.join("one.txt").write_bytes(b"second")
    (tmp_path / "source").write_bytes(b"x" * 1000)
    location.join("below/ä b%.bin").upload_file(tmp_path / "source")
    location.join("below/ä b%.bin").download_file(tmp_path / "target")
    assert location.join("one.txt").read_bytes() == b"second"
    assert (tmp_path / "target").read_bytes() == b"x" * 1000
    assert [(item.name, item.size) for item in location.list()] == [("below/ä b%.bin", 1000), ("one.txt", 6)]
    assert location.exists()
    assert location.join("one.txt").exists()
    location.join("one.txt").delete()
    location.join("one.txt").delete()
    assert [item.name for item in location.list()] == ["below/ä b%.bin"]
    location.delete_below()
    assert location.list() == ()


def test_an_object_is_not_read_beyond_a_limit(location: Location) -> None:
    location.join("one").write_bytes(b"x" * 11)
    assert location.join("one").read_bytes(at_most=11) == b"x" * 11
    with pytest.raises(StorageError, match="has more than 10 bytes"):
        location.join("one").read_bytes(at_most=10)


def test_a_missing_object_is_an_error_of_its_own(location: Location, tmp_path: Path) -> None:
    for operation in ("read_bytes", "modified"):
        with pytest.raises(MissingObjectError, match="there is no such object"):
            getattr(location.join("none"), operation)()
    with pytest.raises(MissingObjectError):
        location.join("none").download_file(tmp_path / "target")
    assert not list(tmp_path.glob("*target*"))


def test_a_reader_of_a_local_file_sees_no_half_of_it(tmp_path: Path) -> None:
    target = Location(f"file://{tmp_path}/store").join("object")
    contents = [bytes([value]) * 200_000 for value in range(20)]
    target.write_bytes(contents[0])
    writer = threading.Thread(target=lambda: [target.write_bytes(data) for data in contents])
    writer.start()
    while writer.is_alive():
        assert target.read_bytes() in contents
    writer.join()
    assert os.listdir(tmp_path / "store") == ["object"]  # noqa: PTH208


def test_s3_refuses_a_bucket_that_is_not_there(s3_environment: str) -> None:
    with pytest.raises(StorageError, match=r"NO_SUCH_BUCKET.*check the network"):
        Location("s3://no-such-bucket/x").write_bytes(b"x")


def test_no_server_is_an_error_without_the_secret(s3_environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match="s3://bucket/x: cannot be read") as refusal:
        Location("s3://bucket/x", AT_ONCE).read_bytes()
    assert "secret-of-the-test" not in str(refusal.value)


@pytest.mark.parametrize(
    ("uri", "kind", "message"),
    [
        ("nonsense://a/b", UsageError, "unknown scheme 'nonsense'"),
        ("s3://bucket/x?regoin=a", UsageError, "'regoin'; the options are endpoint_override, region, scheme"),
        ("gs2://a/b", UsageError, "unknown scheme"),
        ("file://host/x", UsageError, "correct the URI"),
        ("adl://a/b", StorageError, "`pip install adlfs` on every machine"),
    ],
)
def test_file_systems_that_cannot_be_opened_are_refused(uri: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Location(uri, AT_ONCE).exists()


def test_errors_hide_what_secret_variables_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORE_SECRET", "hidden-value")
    (tmp_path / "hidden-value").write_bytes(b"")
    with pytest.raises(StorageError) as refusal:
        Location(f"file://{tmp_path}/hidden-value/x", AT_ONCE).write_bytes(b"")
    assert "(" in str(refusal.value)
    assert "hidden-value" not in str(refusal.value).partition("(")[2]
