import pytest

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.remote.uri import check_uri, is_uri, joined, root_and_path


@pytest.mark.parametrize(
    "text", ["s3://bucket/a", "gs://b", "file:///tmp/x", "memory://x", "abfss://c@account/x"]
)
def test_a_uri_has_a_scheme_and_two_slashes(text: str) -> None:
    assert is_uri(text)
    check_uri(text)


@pytest.mark.parametrize("text", ["runs/mine", "/srv/x", "./a:b", "..", "C:\\runs", "a b://c"])
def test_paths_are_no_uris(text: str) -> None:
    assert not is_uri(text)


@pytest.mark.parametrize("text", ["s3:/bucket/a", "s3:bucket", "file:/tmp/x", "C://runs"])
def test_what_is_neither_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(UsageError, match=r"write (s3|file)://|file:///"):
        is_uri(text)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://me:HIDDEN1@bucket/a",
        "s3://bucket/a?access_key=me&secret_key=HIDDEN1",
        "s3://bucket/a?session_token=HIDDEN1",
        "abfss://c@account/x?sig=HIDDEN1",
        "sftp://me:HIDDEN1@host/x",
    ],
)
def test_credentials_are_refused_and_not_shown(uri: str) -> None:
    with pytest.raises(UsageError, match="in the environment of every machine") as refusal:
        check_uri(uri)
    assert "HIDDEN1" not in str(refusal.value)


@pytest.mark.parametrize(
    "uri", ["s3://", "s3://bucket/a b", "s3://bucket/a#b", "s3://[bucket/a", "s3://bucket/\x07"]
)
def test_malformed_uris_are_refused(uri: str) -> None:
    with pytest.raises(UsageError):
        check_uri(uri)


def test_names_are_joined_before_the_query_and_quoted() -> None:
    uri = joined("s3://bucket/runs/?region=eu-west-1", "trials/0001", "a b%.txt")
    assert uri == "s3://bucket/runs/trials/0001/a%20b%25.txt?region=eu-west-1"
    assert root_and_path(uri) == ("s3://bucket/?region=eu-west-1", "runs/trials/0001/a b%.txt")
