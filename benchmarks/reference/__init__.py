"""PyTorch's implementations, which tests and benchmarks compare with, in a process and an environment of their own.

TensorFlow and PyTorch's build for CUDA do not live together in one process. Here `make setup-tests` installs PyTorch,
transformers, sentence-transformers and open_clip into `.venv-reference`, and `client.Reference` asks a process there:

    with Reference() as reference:
        vectors = reference("clip.embed_texts", directory=directory, texts=["red mug"])

A name stands for a module of `functions/` and a public function in it; another function there is all that another
comparison takes.
"""
