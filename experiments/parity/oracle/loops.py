"""The OD API's training and evaluation loops, called as its command-line programs call them."""

import os
import tempfile

import compat
import tensorflow as tf
from object_detection import inputs, model_lib_v2
from object_detection.builders import model_builder


def call_on_scalars(callback):
    """Make a loop call `callback(name, value)` before it writes a scalar summary."""
    real = tf.summary.scalar

    def scalar(name, data, step=None, **options):
        callback(name, float(data))
        return real(name, data, step=step, **options)

    tf.compat.v2.summary.scalar = scalar


def train(config, model_dir, steps):
    """Train for `steps` steps, one per loop iteration, and write a checkpoint of the last to `model_dir`."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pipeline.config")
        compat.save_pipeline(config, path)
        model_lib_v2.train_loop(
            pipeline_config_path=path,
            model_dir=model_dir,
            train_steps=steps,
            checkpoint_every_n=steps,
            num_steps_per_iteration=1,
            record_summaries=False,
        )


def evaluation(config, checkpoint):
    """Return (data, run): each record of the config's first evaluation reader once, and a function from data to metrics."""
    config.eval_config.num_visualizations = 0
    reader = config.eval_input_reader[0]
    reader.num_epochs, reader.shuffle = 1, False
    # The loop sets inference mode; TensorFlow restores the variables when the loop first calls the model.
    model = model_builder.build(config.model, is_training=True)
    data = inputs.eval_input(
        eval_config=config.eval_config, eval_input_config=reader, model_config=config.model, model=model
    )
    step = tf.Variable(0, dtype=tf.int64, name="global_step")
    status = tf.train.Checkpoint(model=model).restore(checkpoint).expect_partial()
    configs = {
        "model": config.model,
        "eval_config": config.eval_config,
        "train_config": config.train_config,
        "eval_input_config": reader,
        "eval_input_configs": list(config.eval_input_reader),
        "train_input_config": config.train_input_reader,
    }

    def run(elements):
        metrics = model_lib_v2.eager_eval_loop(
            model, configs, elements, postprocess_on_cpu=False, global_step=step
        )
        status.assert_existing_objects_matched()
        return metrics

    return data, run
