"""The file system of a URI: pyarrow's own, or one of fsspec's."""

import os
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sweepbox.detection.core.errors import StorageError, UsageError

_PACKAGES = {
    "abfs": "adlfs",
    "adl": "adlfs",
    "az": "adlfs",
    "gcs": "gcsfs",
    "gs": "gcsfs",
    "s3a": "s3fs",
    "sftp": "paramiko",
}
_S3_OPTIONS = ("endpoint_override", "region", "scheme")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
_HAS_NO_FOLDERS = {"s3", "gcs", "abfs"}


def filesystem_of(root: str) -> tuple[Any, str]:
    """Return the `pyarrow.fs.FileSystem` of a URI's root, and the root's path there.

    Args:
        root: `scheme://authority/`, with a query where the file system has options.

    Raises:
        UsageError: The scheme is unknown, or an option is.
        StorageError: The package of its driver is missing, or the driver refuses the URI.
    """
    return _opened(root, tuple(os.environ.get(name) for name in (*_ENDPOINTS, *_REGIONS, *_CREDENTIALS)))


@lru_cache(maxsize=64)
def _opened(root: str, _environment: tuple[str | None, ...]) -> tuple[Any, str]:
    """Do the work of `filesystem_of`, once for each root and environment."""
    import pyarrow as pa
    from pyarrow import fs

    if root.startswith("s3://"):
        return _s3(root)
    try:
        filesystem, path = fs.FileSystem.from_uri(root)
    except pa.ArrowInvalid as error:
        if "Unrecognized filesystem type" in str(error):
            return _of_fsspec(root)
        raise UsageError(f"{root}: {error}; correct the URI") from error
    except (OSError, pa.ArrowException, ImportError) as error:
        raise StorageError(f"{root}: {_first_line(error)}; install or set up what this scheme needs") from error
    return filesystem, path


def has_folders(filesystem: Any) -> bool:
    """Return whether a folder must be made there before a file can be written to it."""
    return filesystem.type_name not in _HAS_NO_FOLDERS


def _s3(root: str) -> tuple[Any, str]:
    """Return S3's file system, whose endpoint and credentials come from the environment."""
    from pyarrow import fs

    parts = urlsplit(root)
    options = dict(parse_qsl(parts.query))
    unknown = sorted(set(options) - set(_S3_OPTIONS))
    if unknown:
        raise UsageError(f"{root}: unknown option {unknown[0]!r}; the options are {', '.join(_S3_OPTIONS)}")
    if not parts.netloc:
        raise UsageError(f"{root}: names no bucket; write s3://BUCKET/PATH")
    endpoint = options.get("endpoint_override") or _first_variable(_ENDPOINTS)
    scheme, mark, host = (endpoint or "").rpartition("://")
    region = options.get("region") or _first_variable(_REGIONS)
    try:
        region = region or ("us-east-1" if endpoint else fs.resolve_s3_region(parts.netloc))
        filesystem = fs.S3FileSystem(
            region=region,
            endpoint_override=host.rstrip("/") or None,
            scheme=options.get("scheme") or (scheme if mark else "https"),
            connect_timeout=5,
            allow_delayed_open=True,  # a small object is written by one request
        )
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{root}: {_first_line(error)}; check the bucket's name, AWS_REGION and the network"
        ) from error
    return filesystem, parts.netloc


def _of_fsspec(root: str) -> tuple[Any, str]:
    """Return a file system of fsspec's under pyarrow's interface."""
    from pyarrow import fs

    scheme = root.partition("://")[0]
    try:
        from fsspec.core import url_to_fs

        filesystem, path = url_to_fs(root)
    except ImportError as error:
        package = _PACKAGES.get(scheme) or error.name or f"the fsspec driver of {scheme}"
        raise StorageError(
            f"{root}: the driver of {scheme}:// is missing; `pip install {package}` on every machine"
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{root}: unknown scheme {scheme!r} ({_first_line(error)}); use s3, gs, abfss, hdfs, "
            "file, or a scheme of fsspec"
        ) from error
    return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), path


def _first_variable(names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
