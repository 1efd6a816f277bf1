"""Where models are computed: in this process, or by TensorFlow Serving over gRPC or REST."""
