import pytest

from sweepbox.scripts.progress import progress_bar


@pytest.mark.parametrize("is_hidden", [True, False])
def test_nothing_is_written_to_a_pipe(is_hidden: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("working", is_hidden=is_hidden) as on_progress:
        on_progress(1, 3)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_sees_description_and_count(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with progress_bar("working", total=3) as on_progress:
        on_progress(2)
    told, errors = capfd.readouterr()
    assert told == ""
    assert "working" in errors
    assert "2/3" in errors
