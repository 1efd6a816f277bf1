"""The pipeline: its typed settings, `create_pipeline`, one thin runner per platform, and the report of a run."""
