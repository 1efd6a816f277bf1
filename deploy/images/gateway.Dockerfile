# The gateway with its page, before TensorFlow Serving's REST API. TensorFlow is not in it: over REST none is needed.
#
#   docker build -f deploy/images/gateway.Dockerfile -t vitrine-gateway .
#
# A digest is pinned by --build-arg PYTHON_IMAGE=python:3.11.14-slim-trixie@sha256:...
ARG PYTHON_IMAGE=python:3.11.14-slim-trixie
ARG NODE_IMAGE=node:22.22.0-bookworm-slim

FROM ${NODE_IMAGE} AS page
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --loglevel=error
COPY web .
RUN npm run -s build

FROM ${PYTHON_IMAGE} AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY deploy/local/bootstrap.lock .
RUN pip install --no-cache-dir --require-hashes -r bootstrap.lock
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv sh deploy/images/install.sh /opt/vitrine deploy/images/gateway.in

FROM ${PYTHON_IMAGE} AS gateway
ENV PATH=/opt/vitrine/bin:$PATH PYTHONUNBUFFERED=1 GIT_PYTHON_REFRESH=quiet VITRINE_GATEWAY__PAGE=/srv/page
# /events exists and is the user's own, so that a new volume mounted there is, too.
RUN useradd --uid 10001 --create-home vitrine && install -d -o vitrine -g vitrine /events
COPY --from=build /opt/vitrine /opt/vitrine
COPY --from=page /web/dist /srv/page
USER 10001
WORKDIR /home/vitrine
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=2m --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["vitrine", "gateway"]
CMD ["--config", "/etc/vitrine/gateway.yaml", "--host", "0.0.0.0", "--port", "8000", "--json-logs"]
