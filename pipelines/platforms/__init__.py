"""Kubeflow and Vertex: compilation of the pipeline, and one runner each."""
