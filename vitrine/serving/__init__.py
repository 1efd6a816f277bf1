"""TF Serving's REST and gRPC APIs over SavedModels, in one process."""
