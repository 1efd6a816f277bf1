"""Backends that run models: in this process, or in TensorFlow Serving over gRPC or REST."""
