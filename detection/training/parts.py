"""What of a run depends on its config but not on its data: a later run of the same shape reuses it."""

from dataclasses import dataclass
from typing import Any, Self

from detection.config import pipeline_pb2 as pb
from detection.data.augment import Preprocessor, build_preprocessor
from detection.model.precision import Precision
from detection.model.ssd import SsdDetector, build_detector, static_key
from detection.training.optimizer import Optimizer, OptimizerSettings, optimizer_settings
from detection.training.step import CERTAIN_LOGIT, Program, TrainStep, build_train_step


@dataclass(eq=False)
class TrainingParts:
    """The detector, its preprocessors, the optimizer and the compiled steps of one static shape."""

    detector: SsdDetector
    training_preprocessor: Preprocessor
    evaluation_preprocessor: Preprocessor
    optimizer: Optimizer
    rule: OptimizerSettings
    step: TrainStep

    @classmethod
    def build(cls, config: pb.TrainEvalPipelineConfig, *, precision: Precision, seed: int) -> Self:
        """Return new parts, weights drawn from `seed`; ConfigError where the config is not supported."""
        ssd = config.model.ssd
        rule = optimizer_settings(config.train_config)
        detector = build_detector(ssd, precision=precision, seed=seed)
        training = build_preprocessor(ssd.image_resizer, config.train_config.data_augmentation_options)
        evaluation = build_preprocessor(ssd.image_resizer, ())
        optimizer = Optimizer(rule.kind, detector.network.trainable_variables)
        program = Program(
            detector=detector,
            training_preprocessor=training,
            evaluation_preprocessor=evaluation,
            optimizer=optimizer,
            background_logit=_background_logit(ssd),
        )
        return cls(detector, training, evaluation, optimizer, rule, build_train_step(program))

    def assign(self, config: pb.TrainEvalPipelineConfig, *, seed: int) -> None:
        """Start over with another config of the same static shape: its values, drawn weights, zero slots."""
        self.detector.assign(config.model.ssd)
        self.training_preprocessor.assign(config.train_config.data_augmentation_options)
        self.rule = optimizer_settings(config.train_config)
        self.optimizer.reset()
        self.detector.initialise(seed)
        self.step.take_losses()


def parts_key(config: pb.TrainEvalPipelineConfig, precision: Precision) -> tuple[Any, ...]:
    """Return what two configs must have in common for their runs to share parts."""
    ssd = config.model.ssd
    preprocessor = build_preprocessor(ssd.image_resizer, config.train_config.data_augmentation_options)
    return (
        static_key(ssd, precision),
        preprocessor.static_key,
        config.train_config.optimizer.WhichOneof("optimizer"),
    )


def _background_logit(ssd: pb.Ssd) -> float:
    """Return what costs nothing in column 0 of an image without objects; see `Program.background_logit`."""
    is_labelled = ssd.add_background_class and not ssd.encode_background_as_zeros
    return CERTAIN_LOGIT if is_labelled else -CERTAIN_LOGIT
