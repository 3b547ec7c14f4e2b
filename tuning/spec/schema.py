"""The schema of sweep files: strictly checked, with the default of every key."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import shortened
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.limits import CostSpec, StopSpec
from sweepbox.tuning.spec.model import LARGEST_INTEGER
from sweepbox.tuning.spec.model import SpecModel as SpecModel  # noqa: PLC0414 - for options of samplers, too
from sweepbox.tuning.spec.problems import value_shown
from sweepbox.tuning.spec.resources import Resources

Scalar = bool | int | float | str
Range = Annotated[list[float], Field(min_length=2, max_length=2)]
IntegerRange = Annotated[list[int], Field(min_length=2, max_length=2)]
PathText = Annotated[str | Path, AfterValidator(str)]
"""A path, given as text or as `Path` and kept as text."""

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LARGEST_EXACT = 2**53
"""The largest whole number up to which a sampler, which computes with real numbers, knows all."""
LONGEST_NAME = 100
MOST_TRIALS = 1_000_000
MOST_STEPS = 2**32 - 1
"""The largest `num_steps` of a config."""
MOST_CHOICES = 1000
MOST_PARAMETERS = 1000
KINDS = ("log_uniform", "uniform", "integer", "log_integer", "choice")
Conditions = dict[str, Scalar | list[Scalar]]
"""The values that other parameters must have, by their keys: one value, or any of several."""


class Distribution(SpecModel):
    """The values that one parameter may take: exactly one of five kinds.

    `log_uniform` and `uniform` are `[low, high]` of real numbers, `integer` and `log_integer` are `[low, high]`
    of whole numbers, both ends included; `choice` lists the values. `uniform` and `integer` may go in steps of
    `step`.

    Attributes:
        when: The parameter exists only where other parameters have these values; elsewhere the base config's
            value stands. A key names a `choice` of the space or an augmentation (true where it is on).
        scale_with: One other parameter and its reference value, such as `{batch_size: 32}`: the value that is
            set is the suggested one times that parameter's value over the reference.

    Example:
        >>> sb.Distribution(integer=[2, 8], step=2) == sb.integer(2, 8, step=2)
        True
    """

    log_uniform: Range | None = None
    uniform: Range | None = None
    integer: IntegerRange | None = None
    log_integer: IntegerRange | None = None
    step: int | float | None = Field(default=None, gt=0)
    choice: list[Scalar] | None = Field(default=None, min_length=1, max_length=MOST_CHOICES)
    when: Conditions | None = Field(default=None, min_length=1)
    scale_with: dict[str, float] | None = Field(default=None, min_length=1, max_length=1)

    @property
    def kind(self) -> str:
        """The one kind that is given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def conditions(self) -> dict[str, tuple[Scalar, ...]]:
        """The accepted values of other parameters, by their keys; empty where it always exists."""
        given = (self.when or {}).items()
        return {key: tuple(value) if isinstance(value, list) else (value,) for key, value in given}

    @property
    def parents(self) -> tuple[str, ...]:
        """The keys of the parameters that must be known first."""
        return (*(self.when or {}), *(self.scale_with or {}))

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}, got {' and '.join(given) or 'none'}")
        self._check_step(given[0])
        ends = self.log_uniform or self.uniform or self.integer or self.log_integer
        if ends is not None and not ends[0] < ends[1]:
            raise ValueError(f"{given[0]} {ends} must rise: write [low, high]")
        whole = self.integer or self.log_integer
        if whole is not None and max(map(abs, whole)) > LARGEST_EXACT:
            raise ValueError(f"{given[0]} {whole} must lie within ±{LARGEST_EXACT}; give a smaller range")
        if ends is not None and not math.isfinite(ends[1] - ends[0]):
            raise ValueError(f"{given[0]} {ends} is too wide to draw from; give a smaller range")
        if given[0].startswith("log_") and ends is not None and ends[0] <= 0:
            raise ValueError(f"{given[0]} {ends} must be above 0; use {given[0][4:]} for ranges that touch 0")
        if self.choice is not None and len({repr(value) for value in self.choice}) != len(self.choice):
            raise ValueError(f"choice {value_shown(self.choice)} lists a value twice; list each once")
        if any(reference <= 0 for reference in (self.scale_with or {}).values()):
            raise ValueError(f"scale_with {self.scale_with}: the reference must be above 0")
        if self.scale_with and self.choice is not None and not all(_is_number(value) for value in self.choice):
            raise ValueError("scale_with needs numbers; remove it, or give a range or a choice of numbers")
        return self

    def _check_step(self, kind: str) -> None:
        if self.step is None:
            return
        if kind not in ("integer", "uniform"):
            raise ValueError(f"step belongs to integer or uniform, not to {kind}; remove it")
        if kind == "integer" and (isinstance(self.step, float) or self.step < 1):
            raise ValueError(f"step {self.step} of a range of whole numbers must be a whole number")


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Augmentation(SpecModel):
    """One augmentation: whether it is on, and its parameters or fixed values.

    Example:
        >>> brightness = sb.Augmentation(enabled=[True, False], max_delta=sb.uniform(0.05, 0.3))
        >>> sorted(brightness.parameters)
        ['max_delta']
    """

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Distribution] = Field(init=False)

    enabled: list[bool] = Field(default=[True, False], min_length=1, max_length=2)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """Read a bare value as a choice of one."""
        if not isinstance(given, dict):
            return given
        scalars = {key: value for key, value in given.items() if isinstance(value, bool | int | float | str)}
        fixed = {key: [value] if key == "enabled" else {"choice": [value]} for key, value in scalars.items()}
        return {**given, **fixed}

    @property
    def parameters(self) -> dict[str, Distribution]:
        """The distributions of the augmentation's own parameters, by the config's field names."""
        return dict(self.__pydantic_extra__ or {})


class ObjectiveSpec(SpecModel):
    """The objective: what to search for, and limits of other metrics.

    Attributes:
        metric: A reported metric; or a list of several, of which the sweep finds the Pareto front.
        mode: Whether more or less is better; by default a loss or a cost is minimised, any other maximised.
        weights: Instead of `metric`, a weighted mean of metrics: `{AP@.50/a: 2, AP@.50/b: 1}`.
        worst_class: Instead of `metric`, the lowest of the classes: `AP` or `AP@.50`.
        floors: The least values of metrics, by name.
        constraints: Limits such as `AP@.50/face >= 0.4` or `latency_ms <= 20`.

    Example:
        >>> sb.ObjectiveSpec(metric="mAP@.50", floors={"AP@.50/without_mask": 0.2}).metric
        'mAP@.50'
    """

    metric: str | list[str] = "mAP"
    mode: Literal["max", "min"] | None = None
    weights: dict[str, float] | None = Field(default=None, min_length=1)
    worst_class: Literal["AP", "AP@.50"] | None = None
    floors: dict[str, float] = Field(default={})
    constraints: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in ("metric", "weights", "worst_class") if name in self.model_fields_set]
        given = [name for name in given if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given; give one of them")
        if isinstance(self.metric, list) and (len(self.metric) < 2 or len({*self.metric}) < len(self.metric)):
            raise ValueError(f"metric {self.metric}: give one name, or a list of two or more different ones")
        if self.mode is not None and (isinstance(self.metric, list) or self.worst_class is not None):
            raise ValueError("mode belongs to a single metric or to weights; remove it")
        if any(weight <= 0 for weight in (self.weights or {}).values()):
            raise ValueError("weights must be above 0; leave out metrics that do not count")
        return self

    @model_serializer(mode="wrap")
    def _given_form(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `metric` where another form stands instead of it, so that what is written can be read."""
        fields: dict[str, Any] = dump(self)
        if self.weights is not None or self.worst_class is not None:
            fields.pop("metric", None)
        return fields


class SamplerSpec(SpecModel):
    """How parameters are suggested: the name of a sampler and its options, which `search/samplers/` checks.

    Example:
        >>> sb.SamplerSpec(type="tpe", startup_trials=4).options
        {'startup_trials': 4}
    """

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)

    type: str = "tpe"

    @property
    def options(self) -> dict[str, Any]:
        """The options that are given, by name."""
        return dict(self.__pydantic_extra__ or {})


class SchedulerSpec(SpecModel):
    """When a trial is stopped early: the name of a stopping rule and its options, which `schedule/` checks.

    Example:
        >>> sb.SchedulerSpec(type="asha", grace_period=2, reduction_factor=2).type
        'asha'
    """

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)

    type: str = "asha"

    @property
    def options(self) -> dict[str, Any]:
        """The options that are given, by name."""
        return dict(self.__pydantic_extra__ or {})


class TrainingSpec(SpecModel):
    """The length of each trial and its evaluations; by default the steps of the config, evaluated ten times.

    Example:
        >>> sb.TrainingSpec(steps=5000, evaluate_every=500).precision
        'float32'
    """

    steps: int | None = Field(default=None, ge=1, le=MOST_STEPS)
    evaluate_every: int | None = Field(default=None, ge=1, le=MOST_STEPS)
    precision: Literal["float32", "bfloat16", "auto"] = "float32"


class PrepareSpec(SpecModel):
    """How annotated images are split if `data` is not prepared yet; `test_fraction: 0` makes no test part.

    Example:
        >>> sb.PrepareSpec(validation_fraction=0.2, seed=1).validation_fraction
        0.2
    """

    validation_fraction: float = Field(default=0.15, gt=0, lt=1)
    test_fraction: float = Field(default=0.15, ge=0, lt=1)
    seed: int = 0

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                f"validation_fraction {self.validation_fraction:g} and test_fraction {self.test_fraction:g} "
                "leave nothing for training; give fractions whose sum is below 1"
            )
        return self


LoggerName = Literal["tensorboard", "mlflow", "wandb"]
"""Who is told of trials beside the records in the sweep's folder."""


class SweepSpec(SpecModel):
    """A whole sweep, as a sweep file has it.

    Relative paths start at the folder of the file; those of an object made in Python at the working directory.

    Attributes:
        resources_per_trial: The share of a machine that a trial takes; `auto` measures it.
        hang_timeout: A trial without progress for this long is killed and goes on from its last evaluation; by
            default none is.
        compile_timeout: The same while a trial starts or compiles, where `hang_timeout` is given.

    Raises:
        SweepError: A field is missing, unknown or malformed; all problems are listed, one line each.

    Example:
        >>> spec = sb.SweepSpec(
        ...     name="mine",
        ...     base_config="pipeline.config",
        ...     objective=sb.ObjectiveSpec(metric="mAP@.50"),
        ...     set={"train_config.batch_size": 8},
        ...     space={"learning_rate": sb.log_uniform(5e-4, 1e-2), "focal_gamma": sb.uniform(1.0, 2.5)},
        ...     augmentations={"random_adjust_brightness": sb.Augmentation(max_delta=sb.uniform(0.05, 0.3))},
        ...     trials=24,
        ... )
        >>> spec.sampler.type, spec.trials
        ('tpe', 24)
        >>> sb.SweepSpec(nme="mine", base_config="pipeline.config", space={"momentum": sb.uniform(0.8, 0.99)})
        Traceback (most recent call last):
        ...
        sweepbox.detection.core.errors.SweepError: SweepSpec: name: is missing; give it a value
        SweepSpec: nme: unknown key; did you mean 'name'?
    """

    name: str = Field(pattern=NAME_PATTERN, max_length=LONGEST_NAME)
    base_config: PathText
    data: PathText | None = None
    initial_weights: PathText | None = None
    set: dict[str, Scalar | None] = Field(default={}, max_length=MOST_PARAMETERS)
    preset: str | None = None
    space: dict[str, Distribution] = Field(default={}, max_length=MOST_PARAMETERS)
    augmentations: dict[str, Augmentation] = Field(default={}, max_length=MOST_PARAMETERS)
    require: list[str] = Field(default=[], max_length=MOST_PARAMETERS)
    start_from: list[PathText] = Field(default=[], max_length=MOST_PARAMETERS)
    objective: ObjectiveSpec = ObjectiveSpec()
    sampler: SamplerSpec = SamplerSpec()
    scheduler: SchedulerSpec = SchedulerSpec()
    trials: int = Field(default=16, ge=1, le=MOST_TRIALS)
    time_budget: str | None = None
    gpu_hours: float | None = Field(default=None, gt=0)
    cost: CostSpec | None = None
    stop: StopSpec | None = None
    confirm: ConfirmSpec | None = None
    seed: int = Field(default=0, ge=0)
    training: TrainingSpec = TrainingSpec()
    backend: Literal["tensorflow", "jax"] = "tensorflow"
    resources_per_trial: Resources = Resources()
    max_concurrent: int | None = Field(default=None, ge=1)
    hang_timeout: str | None = None
    compile_timeout: str = "30m"
    keep_checkpoints: int = Field(default=3, ge=1)
    prepare: PrepareSpec = PrepareSpec()
    loggers: list[LoggerName] = Field(default=["tensorboard"], max_length=8)
    log_images: int = Field(default=0, ge=0, le=64)

    @field_validator("set")
    @classmethod
    def _settings_in_64_bits(cls, settings: dict[str, Scalar | None]) -> dict[str, Scalar | None]:
        for path, value in settings.items():
            if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
                raise ValueError(f"{shortened(path)}: whole numbers are at most {LARGEST_INTEGER}; give less")
        return settings

    @field_validator("time_budget", "hang_timeout", "compile_timeout")
    @classmethod
    def _is_duration(cls, text: str | None) -> str | None:
        try:
            if text is not None:
                parse_duration(text)
        except SweepError as error:
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="before")
    @classmethod
    def _earlier_key(cls, given: Any) -> Any:
        """Read `searcher`, the earlier name of `sampler`; random search ignored `startup_trials` there."""
        if not isinstance(given, dict) or "searcher" not in given:
            return given
        if "sampler" in given:
            raise ValueError("sampler and searcher are both given, the same key by two names; keep sampler")
        rest = {key: value for key, value in given.items() if key != "searcher"}
        sampler = given["searcher"]
        if isinstance(sampler, dict) and sampler.get("type") == "random":
            sampler = {key: value for key, value in sampler.items() if key != "startup_trials"}
        return {**rest, "sampler": sampler}

    @model_validator(mode="after")
    def _something_to_search(self) -> Self:
        if not self.space and not self.augmentations and not self.preset:
            raise ValueError(
                "there is nothing to search; give `space` or `augmentations` at least one entry, or a `preset`"
            )
        return self
