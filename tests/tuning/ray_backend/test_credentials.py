import pytest
from ray.tune.execution.class_cache import _ActorClassCache

from sweepbox.tuning.ray_backend.credentials import propagate_no_credentials
from sweepbox.tuning.ray_backend.trainable import TrialTrainable


def test_the_workers_of_trials_are_handed_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "a-secret")
    propagate_no_credentials()
    options = _ActorClassCache().get(TrialTrainable)._default_options
    assert options["runtime_env"]["env_vars"]
    assert "a-secret" not in str(options)
