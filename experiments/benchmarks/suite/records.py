"""Write and open large record sets: time per image and memory must not depend on the number of images."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

COUNTS = (1_000, 10_000, 100_000)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield time per image and peak memory relative to the smallest set, and the memory of two trials."""
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
        "image memory of two trials on one node",
        "MiB",
        shared["two_mib"],
        shared["one_mib"],
        "one trial (proportional set size)",
        limit=1.1,
    )
