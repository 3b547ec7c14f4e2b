import pytest

from sweepbox.detection.core.json_text import parse_json


@pytest.mark.parametrize("text", ['{"a": "\\ud83d\\ude42"}', b'{"a": "\xf0\x9f\x99\x82"}'])
def test_whole_characters_are_read(text: str | bytes) -> None:
    assert parse_json(text) == {"a": "\N{SLIGHTLY SMILING FACE}"}


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\uDFFF": 1}', b"\xff", "[" * 100_000, "{", ""])
def test_what_cannot_be_written_again_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(text)
