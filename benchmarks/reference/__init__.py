"""PyTorch's implementations as the reference of tests and benchmarks, in a process and an environment of their own.

TensorFlow and PyTorch's CUDA build crash in one process. So `make setup-tests` installs PyTorch, transformers,
sentence-transformers and open_clip into `.venv-reference`, and `client.Reference` calls functions in a process there:

    with Reference() as reference:
        vectors = reference("clip.embed_texts", directory=directory, texts=["red mug"])

A name is a module of `functions/` and a public function in it; a new comparison needs only another function there.
"""
