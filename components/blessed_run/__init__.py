"""The blessed run: what a catalogue run takes from the newest run whose search model was blessed.

In ML Metadata a resolver finds it. Kubeflow and Vertex have no resolver that could, so there each run with a blessed
model notes down where its artifacts are.
"""
