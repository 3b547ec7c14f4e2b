"""Who else is told of trials: TensorBoard, MLflow, Weights & Biases; one file each behind `TrialLogger`."""
