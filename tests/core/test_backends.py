import os
import subprocess
import sys

import pytest

from sweepbox.detection.core.backends import (
    ONEDNN_VARIABLE,
    Backend,
    backend_of,
    check_installed,
    choose_kernels,
)
from sweepbox.detection.core.errors import UsageError


def test_backend_of_name() -> None:
    assert backend_of("jax") is Backend.JAX
    with pytest.raises(UsageError, match="'mxnet': there is no such backend; give tensorflow or jax"):
        backend_of("mxnet")


def test_missing_package_error_states_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    check_installed(Backend.TENSORFLOW)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(
        UsageError, match=r"backend jax: it is not installed here; pip install 'sweepbox\[jax\]'"
    ):
        check_installed(Backend.JAX)


@pytest.mark.slow
def test_backend_cannot_be_changed_after_keras_is_imported() -> None:
    program = (
        "from sweepbox.detection.core.backends import Backend, use_backend\n"
        "from sweepbox.detection.core.errors import UsageError\n"
        "use_backend(Backend.TENSORFLOW)\n"
        "import keras\n"
        "print(keras.config.backend())\n"
        "keras.config.backend = lambda: 'jax'\n"
        "try:\n"
        "    use_backend(Backend.TENSORFLOW)\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    environment = os.environ | {"KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert lines == ["tensorflow", "Keras runs on jax in this process already; start another for tensorflow"]


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_onednn_is_enabled_unless_the_user_set_it(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str
) -> None:
    environment = {} if before is None else {ONEDNN_VARIABLE: before}
    monkeypatch.setattr(os, "environ", environment)
    choose_kernels()
    assert environment[ONEDNN_VARIABLE] == after
