import logging
import threading

import pytest

from sweepbox.tuning.ray_backend.messages import errors_to_log


@pytest.mark.parametrize(("name", "is_logged"), [("ray_print_logs", True), ("mine", False)])
def test_errors_of_the_threads_of_ray_go_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str, *, is_logged: bool
) -> None:
    printed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", printed.append)
    with errors_to_log(), caplog.at_level(logging.ERROR):
        thread = threading.Thread(target=lambda: 1 / 0, name=name)
        thread.start()
        thread.join()
    assert ("ray_print_logs: ZeroDivisionError: division by zero" in caplog.messages) is is_logged
    assert bool(printed) is not is_logged
