"""Configs and label maps of strangers: every one ends soon, with few short lines that say what is wrong."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.config.label_map import load_label_map, parse_label_map
from sweepbox.detection.config.load import MOST_BYTES, load_config, parse_config
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap

MANY = 20_000
LONG = 1_000_000
SECONDS = 10
"""Far more than any of these takes, and less than where the time rises with the square of the size."""

Parse = Callable[[str], object]


def label_map_of(count: int, item: str = "item {{ id: {0} name: 'class {0}' }}") -> str:
    return "\n".join(item.format(number) for number in range(1, count + 1))


LARGE = [
    (parse_config, "{" * LONG),
    (parse_config, "}" * LONG),
    (parse_config, "[" * LONG),
    (parse_config, "model { " * MANY),
    (parse_config, "model { ssd { " + "num_classes: 3 " * MANY + "} }"),
    (parse_config, "a: 1\n" * MANY),
    (parse_config, "a" * LONG),
    (parse_config, "a" * LONG + ": 1"),
    (parse_config, "train_config { batch_size: " + "9" * LONG + " }"),
    (parse_config, "train_config { batch_size: 0x" + "f" * LONG + " }"),
    (parse_config, "train_config { batch_size: '" + "a" * LONG + "' }"),
    (parse_config, "train_config { batch_size: '" + "a" * LONG),
    (parse_config, "train_config { fine_tune_checkpoint: " + "a" * LONG + " }"),
    (parse_config, "graph_rewriter { [" + "a" * LONG + "] { } }"),
    (parse_config, "train_config { " + "'" * MANY),
    (parse_config, "+ " * MANY),
    (parse_config, "\\" * MANY),
    (parse_config, "model { ssd { loss { equalization_loss { exclude_prefixes: " + "'\\U' " * MANY + "} } } }"),
    (parse_label_map, label_map_of(MANY, "item {{ id: 1 name: 'x{0}' }}")),
    (parse_label_map, label_map_of(MANY, "item {{ name: 'x{0}' }}")),
    (parse_label_map, label_map_of(MANY, "item {{ id: {0} name: 'x' }}")),
    (parse_label_map, label_map_of(MANY // 2) + label_map_of(MANY // 2)),
    (parse_label_map, label_map_of(MANY, "item {{ id: {0} }}")),
    (parse_label_map, "item { id: 1 name: '" + "x" * LONG + "' } " * 2),
    (parse_label_map, "item { id: 0 name: '" + "x" * LONG + "' }"),
]


@pytest.mark.parametrize(("parse", "text"), LARGE, ids=[text[:40] for _, text in LARGE])
def test_large_texts_take_linear_time_and_few_short_lines(parse: Parse, text: str) -> None:
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert time.process_time() - began < SECONDS
    lines = str(caught.value).splitlines()
    assert len(lines) <= 11
    assert max(map(len, lines)) < 1500


def test_a_label_map_of_many_classes_is_read_and_used_in_linear_time() -> None:
    began = time.process_time()
    labels = parse_label_map(label_map_of(20_000))
    for class_id in labels.ids:
        assert labels.id_of(labels.text_of(class_id)) == class_id
    assert time.process_time() - began < SECONDS


CONTROL = ["a\x00b", "\x1b[31mred", "two\nlines", "tab\t", "\x7f", "\x85", "\u2028", "\u202eback", "\r"]


@pytest.mark.parametrize("name", CONTROL)
@pytest.mark.parametrize("field", ["name", "display_name"])
def test_control_characters_in_class_names_are_refused_and_not_printed(name: str, field: str) -> None:
    written = "".join(f"\\{byte:03o}" for byte in name.encode())
    for attempt in (
        lambda: parse_label_map(
            f'item {{ id: 2 name: "x" {field}: "{written}" }}'.replace('name: "x" name', "name")
        ),
        lambda: LabelMap.of([name]),
    ):
        with pytest.raises(
            ConfigError, match=r"the name of class \d, '.*', has a control character; remove"
        ) as caught:
            attempt()
        assert str(caught.value).isprintable()


TEXTS = [
    ("<!DOCTYPE html>\n<html><head></head></html>", "is an HTML page; download the file itself"),
    ("\n\n<html lang='en'>", "is an HTML page"),
    ("<?xml version='1.0'?><annotation/>", "is an XML file"),
    ("<annotation><folder>a</folder></annotation>", "is an XML file"),
    ('{"model": {"ssd": {}}}', "is a JSON file"),
    ('[{"id": 1}]', "is a JSON file"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS"),
    ("name: quick\nbase_config: a.config\n", "is a YAML file"),
    ("# a sweep\nname: quick\n", "is a YAML file"),
    ("import sweepbox as sb\n", "is a program in Python"),
    ("item { id: 1 name: 'cat' }", "is a label map; name a pipeline.config"),
    ("# classes\nitem {\n  id: 1\n}", "is a label map; name a pipeline.config"),
    ("train_config { batch_size: \u201c3\u201d }", "found '\u201c'; write straight quotes"),
    ("train_config { fine_tune_checkpoint: \u2018a\u2019 }", "found '\u2018'; write straight quotes"),
    (
        'train_input_reader { label_map_path: "C:\\Users\\me\\map.pbtxt" }',
        r"""label_map_path: "C:\Users\me\map.pbtxt" has a backslash (\U); write / or \\ instead""",
    ),
    (
        'train_config { fine_tune_checkpoint: "D:\\x\\ckpt" }',
        r"""fine_tune_checkpoint: "D:\x\ckpt" has a backslash (\x); write / or \\ instead""",
    ),
    ('train_config { fine_tune_checkpoint: "a\\u12" }', r"has a backslash (\u)"),
    (
        "[object_detection.protos.quantized] { delay: 3 }",
        "the extension [object_detection.protos.quantized] is not",
    ),
    ("graph_rewriter { [a.b.c]: 3 }", "graph_rewriter: the extension [a.b.c] is not known"),
    ("model { [com.example/x.Y] { } }", "model: the extension [com.example/x.Y] is not known; remove it"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_parser_messages_say_in_one_line_what_a_text_is(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "my.config"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")
    assert "codec" not in str(caught.value)


BYTES = [
    (b"\xff\xfei\x00t\x00", "is text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff\x00i", "is text in UTF-16"),
    (b"PK\x03\x04\xff", "is a zip archive"),
    (b"\x1f\x8b\x08\xff", "is a gzip archive"),
    (b"\x89PNG\r\n\xff", "is a picture"),
    (b"\xff\xd8\xff\xe0", "is a picture"),
    (b"%PDF-1.4 \xff", "is a PDF document"),
    (b"\x89HDF\r\n", "is a file of weights"),
    (b"model {\xe9}", "not a text file in UTF-8 (byte 7)"),
]


@pytest.mark.parametrize("load", [load_config, load_label_map])
@pytest.mark.parametrize(("data", "message"), BYTES)
def test_parser_messages_say_what_a_binary_file_is(
    load: Callable[[Path], object], data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_config_is_no_label_map(tmp_path: Path) -> None:
    path = tmp_path / "map.pbtxt"
    path.write_text("model { ssd { num_classes: 3 } }")
    with pytest.raises(ConfigError, match=r"is a pipeline\.config; name a label map"):
        load_label_map(path)


@pytest.mark.parametrize("load", [load_config, load_label_map])
def test_special_and_huge_files_are_refused_unread(load: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ConfigError, match=r"fifo: is not a regular file; name a file"):
        load(tmp_path / "fifo")
    with pytest.raises(ConfigError, match=r"huge: has 32 MiB, and at most 32 are read"):
        load(tmp_path / "huge")
    with pytest.raises(OSError, match="directory"):
        load(tmp_path)
