"""Writing and opening large record sets: time an image and memory must not depend on their number."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

COUNTS = (1_000, 10_000, 100_000)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield time an image and peak memory, each beside those of the smallest set; and what two trials share."""
    found = [workspace.ours("records", "--images", str(count)).facts for count in COUNTS]
    first = found[0]
    for count, facts in zip(COUNTS[1:], found[1:], strict=True):
        for key, name in (("write_s", "writing records"), ("cache_s", "decoding into the cache")):
            ours, peer = (1e6 * each[key] / number for each, number in ((facts, count), (first, COUNTS[0])))
            yield Figure(
                f"{name}, {count:,} images", "µs/image", ours, peer, f"{COUNTS[0]:,} images", limit=1.25
            )
        peaks = (facts["peak_mib"], first["peak_mib"])
        yield Figure(f"peak memory with {count:,} images", "MiB", *peaks, f"{COUNTS[0]:,} images", limit=1.25)
        opening = (1e6 * facts["open_s"] / count, 1e6 * first["open_s"] / COUNTS[0])
        yield Figure(f"opening the cache, {count:,} images", "µs/image", *opening, f"{COUNTS[0]:,} images")
    shared = workspace.ours("shared_memory").facts
    yield Figure(
        "memory for images of two trials on a node",
        "MiB",
        shared["two_mib"],
        shared["one_mib"],
        "one trial (proportional set size)",
        limit=1.1,
    )
