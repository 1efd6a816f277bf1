#!/bin/sh
# Resolve the locks for every platform, with hashes and without addresses: lock.sh BIN
set -eu

lock() {
    source=$1 target=$2
    shift 2
    "$uv" pip compile "$source" "$@" --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
        --no-annotate --no-header -q -o "$target" >/dev/null
}
uv=$1/uv
lock setup.py requirements.lock --extra dev
lock deploy/local/bootstrap.in deploy/local/bootstrap.lock
lock deploy/audit/tools.in deploy/audit/tools.lock
lock deploy/flink/flink.in deploy/flink/flink.lock
# Packages that both environments have are of one version: another Pillow resizes images otherwise.
lock deploy/local/reference.in deploy/local/reference.lock --config-file deploy/local/reference.toml -c requirements.lock
