"""Kubeflow and Vertex: their settings, what the pipeline is compiled to, and one thin runner each."""
