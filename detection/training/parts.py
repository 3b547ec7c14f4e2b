"""The parts of a run that depend only on its config; runs with an equal `CompileKey` share them."""

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
    optimizer_settings: OptimizerSettings
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
        """Return new parts for a config.

        Args:
            config: The config.
            precision: The number format of the network.
            seed: Seed of the random weights; None to leave the weights uninitialised.
            checkpoint_keys: Returns the checkpoint key of each variable, by variable path; required if the
                config freezes variables, whose patterns match these keys.

        Raises:
            ConfigError: The config is not supported.
        """
        ssd = config.model.ssd
        settings = optimizer_settings(config.train_config)
        detector = build_detector(ssd, precision=precision, seed=seed)
        training = build_preprocessor(ssd.image_resizer, config.train_config.data_augmentation_options)
        evaluation = build_preprocessor(ssd.image_resizer, ())
        if checkpoint_keys is not None and any(freezing_patterns(config.train_config)):
            freeze(detector.network, config.train_config, checkpoint_keys(detector))
        variables = detector.network.trainable_variables
        optimizer = Optimizer(settings.kind, variables, average=keeps_average(config))
        program = Program(
            detector=detector,
            training_preprocessor=training,
            evaluation_preprocessor=evaluation,
            optimizer=optimizer,
            evaluation_group=max(1, config.eval_config.batch_size),
        )
        return cls(detector, training, evaluation, optimizer, settings, build_train_step(program))

    def assign(self, config: pb.TrainEvalPipelineConfig) -> None:
        """Set the dynamic values of another config with an equal `CompileKey`; weights and slots are kept."""
        self.detector.assign(config.model.ssd)
        self.training_preprocessor.assign(config.train_config.data_augmentation_options)
        self.optimizer_settings = optimizer_settings(config.train_config)
        self.step.take_losses()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Use the moving averages as the weights of the detector in the block, if they are kept.

        In the block, the optimizer's average slot has the weights in training.
        """
        if not self.optimizer.has_average:
            yield
            return
        self.optimizer.swap_average()
        try:
            yield
        finally:
            self.optimizer.swap_average()
