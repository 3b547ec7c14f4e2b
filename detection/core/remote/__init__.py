"""Files on any file system that a URI names: `s3://`, `gs://`, `hdfs://`, `file://`, and those of fsspec."""
