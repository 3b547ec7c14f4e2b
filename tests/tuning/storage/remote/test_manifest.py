import json

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.remote.layout import part_of
from sweepbox.tuning.storage.remote.manifest import (
    FileEntry,
    Manifest,
    Version,
    manifest_name,
    parse_manifest,
    version_of,
)

ENTRY = FileEntry.of_text("trials/0001/state.json", b"{}")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sweep.yaml", "sweep"),
        ("latency/a.json", "sweep"),
        ("precision.json", "precision"),
        ("detector.json", "detector"),
        ("thumbnails/1.jpg", "detector"),
        ("trials/0001/best/weights.npz", "trials/0001"),
        ("trials/12345/state.json", "trials/12345"),
        ("trials/0001/stop", None),
        ("trials/0001/.state.json.12345678.tmp", None),
        ("trials/../../etc/passwd", None),
        ("/etc/passwd", None),
        ("trials/x/state.json", None),
        ("study.sqlite3", None),
        ("study.sqlite3-wal", None),
        ("ray/session", None),
        ("requests/1.json", None),
        ("predictions/0001.arrow", None),
        ("data/train.tfrecord", None),
        ("stop", None),
        ("sweep.lock", None),
    ],
)
def test_each_file_belongs_to_a_part_or_stays_local(name: str, part: str | None) -> None:
    assert part_of(name) == part


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = Manifest("trials/0001", 2, 7, (ENTRY, FileEntry("trials/0001/best/weights.npz", 5, "0" * 64)))
    assert parse_manifest(manifest.to_text(), source="x") == manifest
    assert version_of("trials/0001/000002-00000007.json") == ("trials/0001", Version(2, 7))
    assert manifest_name("trials/0001", Version(2, 7)) == "manifests/trials/0001/000002-00000007.json"
    assert version_of("trials/0001/2-7.json") is None
    assert version_of("../x/000002-00000007.json") is None


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "trials/0002/state.json", "trials/0001/stop", ""]
)
def test_a_manifest_that_names_files_elsewhere_is_refused(name: str) -> None:
    content = {"part": "trials/0001", "epoch": 1, "number": 1}
    files = [{"name": name, "size": 0, "sha256": ENTRY.sha256}]
    with pytest.raises(SweepError, match="which is no file of this part"):
        parse_manifest(json.dumps({**content, "files": files}), source="x")


def test_a_text_with_another_hash_is_refused() -> None:
    text = Manifest("trials/0001", 1, 1, (ENTRY,)).to_text().replace('"{}"', '"[]"')
    with pytest.raises(SweepError, match="damaged"):
        parse_manifest(text, source="x")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"part": "trials/0001"}'])
def test_damaged_manifests_are_refused(text: str) -> None:
    with pytest.raises(SweepError, match="x: damaged"):
        parse_manifest(text, source="x")
