"""Damaged copies of good files: bytes, tokens and lines changed at random, reproducible from a seed."""

import random
import re
from collections.abc import Callable, Sequence

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
NUMBERS = (
    *(
        b"0",
        b"-1",
        b"1",
        b"255",
        b"65536",
        b"2147483647",
        b"-2147483648",
        b"4294967296",
        b"9223372036854775808",
    ),
    *(b"1e308", b"1e999", b"-1e-320", b"NaN", b"nan", b"inf", b"-Infinity", b"0x7f", b"1_000", b"10" * 200),
)
WORDS = (
    *(
        b"null",
        b"true",
        b"{}",
        b"[]",
        b'""',
        b"~",
        b"!!python/object:os.system",
        b"&a [*a]",
        b"<<: *a",
        b"%s%n",
    ),
    *(
        b"../../../etc/passwd",
        b"/dev/zero",
        b"\0",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        "é漢🙂\u202e".encode(),
        b"]]>",
    ),
    *(b"<!DOCTYPE x [<!ENTITY e 'eeee'>]>", b"&e;", b"\x1b[2J", b"{" * 300, b"[" * 300, b"<a>" * 300),
)
COUNTS = (1, 1, 1, 2, 2, 3, 6)
"""How many changes a copy has: most have few, and pass the first checks of what reads them."""
LONGEST_RUN = 64
MOST_GROWTH = 1 << 16


def mutated(seeds: Sequence[bytes], generator: random.Random) -> bytes:
    """Return a copy of one of the seeds with one to six changes, of which later ones act on earlier ones."""
    content = generator.choice(seeds)
    limit = max(map(len, seeds)) + MOST_GROWTH
    for _ in range(generator.choice(COUNTS)):
        content = generator.choice(CHANGES)(content, seeds, generator)[:limit]
    return content


Change = Callable[[bytes, Sequence[bytes], random.Random], bytes]


def _flip_bits(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(generator.randint(1, 8)):
        changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    start, end = _run(content, generator)
    return content[:start] + generator.randbytes(end - start) + content[end:]


def _fill(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    start, end = _run(content, generator)
    return content[:start] + generator.choice((b"\0", b"\xff")) * (end - start) + content[end:]


def _delete(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    start, end = _run(content, generator)
    return content[:start] + content[end:]


def _repeat(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    start, end = _run(content, generator)
    return content[:end] + content[start:end] * generator.choice((1, 2, 50)) + content[end:]


def _insert(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    place = generator.randint(0, len(content))
    return content[:place] + generator.choice(WORDS) + content[place:]


def _truncate(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    return content[: generator.randint(0, len(content))]


def _splice(content: bytes, seeds: Sequence[bytes], generator: random.Random) -> bytes:
    other = generator.choice(seeds)
    return content[: generator.randint(0, len(content))] + other[generator.randint(0, len(other)) :]


def _replace_number(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    found = list(NUMBER.finditer(content))
    if not found:
        return _insert(content, _seeds, generator)
    match = generator.choice(found)
    return content[: match.start()] + generator.choice(NUMBERS) + content[match.end() :]


def _replace_word(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    found = list(re.finditer(rb"\w+", content))
    if not found:
        return _insert(content, _seeds, generator)
    match = generator.choice(found)
    other = generator.choice(found)[0] if generator.random() < 0.5 else generator.choice(WORDS)
    return content[: match.start()] + other + content[match.end() :]


def _move_line(content: bytes, _seeds: Sequence[bytes], generator: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) < 2:
        return _delete(content, _seeds, generator)
    line = lines[generator.randrange(len(lines))] if generator.random() < 0.5 else lines.pop()
    lines.insert(generator.randint(0, len(lines)), line)
    return b"".join(lines)


def _run(content: bytes, generator: random.Random) -> tuple[int, int]:
    """Return the ends of a short run of bytes."""
    start = generator.randint(0, len(content))
    return start, min(len(content), start + generator.randint(1, LONGEST_RUN))


CHANGES: tuple[Change, ...] = (
    _flip_bits,
    _overwrite,
    _fill,
    _delete,
    _repeat,
    _insert,
    _truncate,
    _splice,
    _replace_number,
    _replace_number,
    _replace_word,
    _replace_word,
    _move_line,
)
"""Numbers and words weigh double: most of what is read is text."""
