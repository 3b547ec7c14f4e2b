import json
import threading
from pathlib import Path

import pytest

from sweepbox.detection.core.timeline import SILENT, Timeline


def test_trace_nests_spans_and_names_threads(tmp_path: Path) -> None:
    timeline = Timeline()

    def elsewhere() -> None:
        with timeline.span("write"):
            pass

    with timeline.span("step"):
        with timeline.span("input"):
            pass
        thread = threading.Thread(target=elsewhere, name="writer")
        thread.start()
        thread.join()
    timeline.write(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    spans = {event["name"]: event for event in events if event["ph"] == "X"}
    assert {name: names[span["tid"]] for name, span in spans.items()} == {
        "step": threading.current_thread().name,
        "input": threading.current_thread().name,
        "write": "writer",
    }
    step, inner = spans["step"], spans["input"]
    assert 0 <= step["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= step["ts"] + step["dur"]


def test_span_is_recorded_after_an_error_and_disabled_timeline_records_none() -> None:
    timeline = Timeline()
    for kept in (timeline, SILENT):
        with pytest.raises(ValueError, match="bad"), kept.span("step"):
            raise ValueError("bad")
    assert [span.name for span in timeline.spans] == ["step"]
    assert SILENT.spans == []
