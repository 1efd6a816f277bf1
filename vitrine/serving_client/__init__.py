"""Clients of model servers that have TensorFlow Serving's API."""
