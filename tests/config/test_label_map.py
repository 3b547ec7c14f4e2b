from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map, parse_label_map, save_label_map
from sweepbox.detection.config.load import parse_message
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.printable import acting_characters


def test_parse_text() -> None:
    text = """
    item { id: 1 name: 'with_mask' }
    item {
      name: "/m/01g317"  # a knowledge-graph id
      id: 3
      display_name: "person"
    }
    item { id: 0 name: "background" }
    """
    labels = parse_label_map(text)
    assert labels.items == ((1, "with_mask"), (3, "person"))
    assert labels.stored_names == ((3, "/m/01g317"),)
    assert labels.id_of("person") == labels.id_of("/m/01g317") == 3
    assert labels.text_of(3) == "/m/01g317"


NAMES = st.text(min_size=1).filter(lambda name: not acting_characters(name))


@given(st.lists(NAMES, min_size=1, unique=True))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "label_map.pbtxt"
    save_label_map(LabelMap.of(names), path)
    assert load_label_map(path) == LabelMap.of(names)


def test_all_fields_round_trip(tmp_path: Path) -> None:
    text = """item { name: "/m/1" id: 1 display_name: "dog" ancestor_ids: 4 ancestor_ids: 5 frequency: COMMON }
    item { id: 3 display_name: "only shown" }
    item { name: "same" id: 4 display_name: "same" keypoints { id: 7 label: "nose" } }
    item { name: "plain" id: 5 instance_count: 12 }"""
    labels = parse_label_map(text)
    save_label_map(labels, tmp_path / "label_map.pbtxt")
    assert load_label_map(tmp_path / "label_map.pbtxt") == labels
    written = parse_message((tmp_path / "label_map.pbtxt").read_text(), pb.StringIntLabelMap(), source="it")
    assert written == parse_message(text, pb.StringIntLabelMap(), source="it")


def test_load_binary_file(tmp_path: Path) -> None:
    message = pb.StringIntLabelMap()
    message.item.add(id=2, name="cat")
    path = tmp_path / "label_map.pb"
    path.write_bytes(message.SerializeToString())
    assert load_label_map(path).items == ((2, "cat"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "item { id: 1 nam: 'a' }",
            "1:14: item.nam: StringIntLabelMapItem has no field 'nam'; did you mean 'name'?",
        ),
        ("item { name: 'a' }", "item 1 (a) has no id"),
        ("item { id: 1 }", "item 1 (id 1) has no name"),
        ("item { id: 0 name: 'a' }", "'a' has id 0"),
        ("item { id: 1 name: 'a' } item { id: 1 name: 'b' }", "id 1 occurs more than once"),
        ("item { id: 1 name: 'a' } item { id: 2 name: 'a' }", "name a occurs more than once"),
        ("item { id: 1 name: 'a' display_name: 'z' } item { id: 2 name: 'a' }", "name a occurs more than once"),
        (
            "item { id: 1 name: 'a' display_name: 'z' } item { id: 2 name: 'b' display_name: 'z' }",
            "display_name z occurs more than once",
        ),
        ("", "has no class"),
    ],
)
def test_bad_label_map(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "label_map.pbtxt"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_label_map(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
