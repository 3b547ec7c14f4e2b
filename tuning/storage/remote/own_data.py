"""The records that a sweep on a URI has prepared itself."""

from concurrent.futures import ThreadPoolExecutor

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.layout import DATA
from sweepbox.tuning.storage.remote.place import place_of

THREADS = 8


def upload_own_data(folder: SweepFolder) -> None:
    """Upload the records below a mirror's folder to `data/` on the store, where every node fetches them.

    StorageError where the store cannot be reached.
    """
    place = place_of(folder.path)
    if place is None or not folder.data.is_dir():
        return
    paths = [path for path in folder.data.rglob("*") if path.is_file()]
    files = [
        path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder.data).parts)
    ]
    target = place.location.join(DATA)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="upload") as threads:
        done = [
            threads.submit(target.join(path.relative_to(folder.data).as_posix()).upload_file, path)
            for path in files
        ]
    for item in done:
        item.result()
