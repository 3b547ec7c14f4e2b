"""What of a run depends on its config but not on its data: a later run of the same shape reuses it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import Preprocessor, build_preprocessor
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.training.compile_key import freezing_patterns, keeps_average
from sweepbox.detection.training.frozen import freeze
from sweepbox.detection.training.optimizer import Optimizer, OptimizerSettings, optimizer_settings
from sweepbox.detection.training.step import Program, TrainStep, build_train_step


@dataclass(eq=False)
class TrainingParts:
    """The detector, its preprocessors, the optimizer and the compiled steps of one `CompileKey`."""

    detector: SsdDetector
    training_preprocessor: Preprocessor
    evaluation_preprocessor: Preprocessor
    optimizer: Optimizer
    rule: OptimizerSettings
    step: TrainStep

    @classmethod
    def build(
        cls,
        config: pb.TrainEvalPipelineConfig,
        *,
        precision: Precision,
        seed: int | None,
        checkpoint_keys: Callable[[SsdDetector], Mapping[str, str]] | None = None,
    ) -> Self:
        """Return new parts, weights drawn from `seed` (None: not yet); ConfigError for what is not supported.

        `checkpoint_keys` returns the checkpoint key of each variable's path; it is asked where variables are
        frozen, whose patterns are searched for in these keys, and needed there.
        """
        ssd = config.model.ssd
        rule = optimizer_settings(config.train_config)
        detector = build_detector(ssd, precision=precision, seed=seed)
        training = build_preprocessor(ssd.image_resizer, config.train_config.data_augmentation_options)
        evaluation = build_preprocessor(ssd.image_resizer, ())
        if checkpoint_keys is not None and any(freezing_patterns(config.train_config)):
            freeze(detector.network, config.train_config, checkpoint_keys(detector))
        optimizer = Optimizer(rule.kind, detector.network.trainable_variables, average=keeps_average(config))
        program = Program(
            detector=detector,
            training_preprocessor=training,
            evaluation_preprocessor=evaluation,
            optimizer=optimizer,
            evaluation_group=max(1, config.eval_config.batch_size),
        )
        return cls(detector, training, evaluation, optimizer, rule, build_train_step(program))

    def assign(self, config: pb.TrainEvalPipelineConfig) -> None:
        """Take over the values of another config of the same `CompileKey`; weights and slots stay."""
        self.detector.assign(config.model.ssd)
        self.training_preprocessor.assign(config.train_config.data_augmentation_options)
        self.rule = optimizer_settings(config.train_config)
        self.step.take_losses()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the detector the moving averages of its weights for a while, where they are kept.

        Meanwhile the optimizer's average slot holds the weights that training goes on from.
        """
        if not self.optimizer.has_average:
            yield
            return
        self.optimizer.swap_average()
        try:
            yield
        finally:
            self.optimizer.swap_average()
