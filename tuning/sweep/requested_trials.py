"""Points that a running sweep is asked to try, before further suggestions and beyond its number of trials."""

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.requests import PointRequest, read_requests, remove_request
from sweepbox.tuning.sweep.records import TrialRecords


class RequestedTrials:
    """The requests of a sweep that have no trial yet."""

    def __init__(self, folder: SweepFolder, records: TrialRecords) -> None:
        """Remove the requests whose trials a process made before it was killed."""
        self._folder = folder
        made = {records[name].status.request for name in records.ids}
        for request in read_requests(folder):
            if request.id in made:
                remove_request(folder, request)

    def next(self) -> PointRequest | None:
        """Return the oldest request; None where none waits."""
        return next(iter(read_requests(self._folder)), None)

    def settle(self, request: PointRequest) -> None:
        """Remove a request whose trial is made."""
        remove_request(self._folder, request)
