"""TensorFlow Serving's REST and gRPC APIs: requests, responses and their errors, to the letter."""
