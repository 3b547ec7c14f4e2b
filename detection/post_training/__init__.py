"""Suppression settings and operating thresholds that are chosen after training, on the validation images."""
