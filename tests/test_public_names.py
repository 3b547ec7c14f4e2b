"""What a notebook imports is there, and nothing else is promised."""

import importlib

import pytest

from sweepbox import detection, tuning


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in (detection, tuning) for name in package.__all__]
)
def test_every_public_name_is_there_and_documented(package: object, name: str) -> None:
    assert getattr(package, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        importlib.import_module("sweepbox.detection").trian  # noqa: B018
