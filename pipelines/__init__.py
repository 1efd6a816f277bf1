"""The pipeline: its typed configuration, `create_pipeline`, one thin runner a platform, and the report of a run."""
