"""Pictures and annotations: reading, checking, splitting, TFRecords, batches, augmentation."""
