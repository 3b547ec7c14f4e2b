"""The import path of the processes that run trials."""

import sys

import ray


def drop_driver_folders() -> None:
    """Take the driver's working directory and its script's folder off the import path of this Ray worker.

    Ray puts them first where the user has started it (`ray_session` has it add none): a `keras.py` there would
    be imported for Keras.
    """
    for folder in ray.get_runtime_context().worker.core_worker.get_job_config().py_driver_sys_path:
        if folder in sys.path:
            sys.path.remove(folder)  # the first: the folder may be there a second time on its own account
