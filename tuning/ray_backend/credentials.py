"""Keeps credentials out of Ray's logs."""

from ray.tune.execution import class_cache


def propagate_no_credentials() -> None:
    """Stop Ray Tune from handing credentials to the workers of trials.

    It copies the driver's AWS variables into their runtime environments, which Ray writes to a log of each
    node as they are. Workers have the environment in which Ray was started on their node.
    """
    names = {name for name in class_cache.ENV_VARS_TO_PROPAGATE if name.startswith("AWS_")}
    class_cache.ENV_VARS_TO_PROPAGATE.difference_update(names)
