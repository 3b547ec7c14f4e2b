"""Images and annotations: data sets, TFRecords, the decoded-image cache, batches, augmentation."""
