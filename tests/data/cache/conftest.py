from collections.abc import Iterator

import pytest

from .neighbour import Neighbour


@pytest.fixture(scope="session")
def neighbour() -> Iterator[Neighbour]:
    """Another process that opens records."""
    neighbour = Neighbour()
    yield neighbour
    neighbour.close()
