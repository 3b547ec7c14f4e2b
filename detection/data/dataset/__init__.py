"""From a folder of annotated photographs to a prepared data set: checks, split, TFRecords."""
