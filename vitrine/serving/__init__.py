"""TF Serving's REST API over the SavedModels the pipeline pushed, in one process."""
