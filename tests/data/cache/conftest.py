from collections.abc import Iterator

import pytest

from .second_process import SecondProcess


@pytest.fixture(scope="session")
def second_process() -> Iterator[SecondProcess]:
    """A second process that opens records."""
    second_process = SecondProcess()
    yield second_process
    second_process.close()
