"""How well a config fits a data set: anchors, box sizes, limits, and known mistakes of configs."""
