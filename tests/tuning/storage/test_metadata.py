import json
from collections.abc import Callable

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import FORMAT, begin_session, read_metadata
from sweepbox.tuning.storage.opening import open_sweep

Begin = Callable[..., SweepFolder]


def test_a_new_folder_states_its_format_and_the_hash_of_its_data(sweep: Begin) -> None:
    folder = sweep()
    metadata = read_metadata(folder)
    assert metadata.format == FORMAT
    assert metadata.data_sha256 is not None
    assert len(metadata.data_sha256) == 64
    assert json.loads(folder.metadata.read_text())["format"] == FORMAT


def test_a_newer_format_is_refused_with_the_remedy(sweep: Begin) -> None:
    folder = sweep()
    folder.metadata.write_text(json.dumps({"format": FORMAT + 1, "something": "new"}))
    with pytest.raises(
        SweepError, match=rf"has format {FORMAT + 1}.*upgrade with `pip install --upgrade sweepbox`"
    ):
        open_sweep(folder.path)


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"format": "two"}', '{"format": 2, "sessions": [{"at": 1}]}']
)
def test_a_damaged_file_is_named(sweep: Begin, text: str) -> None:
    folder = sweep()
    folder.metadata.write_text(text)
    with pytest.raises(SweepError, match=r"sweep\.json: damaged"):
        open_sweep(folder.path)


def test_other_versions_than_in_the_last_session_are_listed(sweep: Begin) -> None:
    folder = sweep()
    assert begin_session(folder, {"keras": "3.14", "ray": "2.60"}) == []
    assert begin_session(folder, {"keras": "3.14", "ray": "2.60"}) == []
    assert begin_session(folder, {"keras": "3.15"}) == [
        "keras is 3.15, earlier trials of this sweep had 3.14; results may differ slightly",
        "ray is not installed, earlier trials of this sweep had 2.60; results may differ slightly",
    ]
    assert [session.packages.get("keras") for session in read_metadata(folder).sessions] == [
        "3.14",
        "3.14",
        "3.15",
    ]
