"""The exceptions for wrong input: each message says what is wrong and how to fix it."""


class SweepboxError(Exception):
    """Base of all errors whose message is written for the user; the commands print it and exit with status 2.

    The message names the thing that is wrong, the value received and the remedy, in one line. Problems that are
    reported together have one line each.

    Example:
        >>> try:
        ...     sb.Detector("nowhere")
        ... except sb.SweepboxError as error:
        ...     print(error)
        nowhere: there is no such folder; name the folder that `sweepbox export` wrote
    """


class UsageError(SweepboxError):
    """A command or function was called with arguments that do not fit together."""


class ConfigError(SweepboxError):
    """A pipeline.config, label map or edit of one is malformed, contradictory or not supported."""


class MemoryForecastError(ConfigError):
    """Training a config takes more memory than the machine has."""


class DataError(SweepboxError):
    """Images, annotations or records are missing, damaged or contradict each other."""


class TrainingError(SweepboxError):
    """A training run cannot continue: a loss is not finite, or a checkpoint does not fit the model."""


class ModelError(SweepboxError):
    """An exported model or a weights file is missing, damaged or does not fit the config."""


class SweepError(SweepboxError):
    """A sweep file is malformed, or the state of a sweep's folder does not allow the operation."""


class UnavailableError(SweepError):
    """A cause outside the trials stops a sweep: data or weights are gone, a disk is full or away.

    No trial ends by it: the sweep can be resumed.
    """


class NoEffectError(SweepError):
    """Trials with different training settings came to equal weights: the settings had no effect."""


class StorageError(UnavailableError):
    """An object store, or another file system that a URI names, refuses an operation or cannot be reached."""


class MissingObjectError(StorageError):
    """There is no object at a URI."""
