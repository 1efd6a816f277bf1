#!/bin/sh
# Make or refresh the environment: venv.sh VENV. Seconds when nothing has changed.
set -eu

venv=$1
here=$(dirname "$0")

stamp=$venv/installed
wanted=$(cat requirements.lock setup.py vitrine/__init__.py "$here"/*.sh "$here"/bootstrap.lock | cksum)
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

if [ "$(uname -sm)" = "Linux aarch64" ]; then
    echo "TFX has no packages for Linux on arm64 (ml-metadata, tensorflow-data-validation, tfx-bsl): use x86_64, or macOS" >&2
    exit 1
fi
if [ ! -x "$venv/bin/python3" ]; then
    for python in "${PYTHON:-python3.11}" python3.11 python3; do
        command -v "$python" >/dev/null 2>&1 || continue
        "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && break
        python=
    done
    [ -n "${python:-}" ] || { echo "CPython 3.11 is needed; name it with PYTHON=/path/to/python3.11" >&2; exit 1; }
    "$python" -m venv --copies "$venv" ||
        { echo "python3.11 cannot make an environment here: on Debian, install python3-venv" >&2; exit 1; }
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
python=$venv/bin/python3
[ -x "$venv/bin/uv" ] || "$python" -m pip install -q --require-hashes -r "$here/bootstrap.lock"
sh "$here/glibc.sh" "$venv"
export VIRTUAL_ENV="$venv"
"$venv/bin/uv" pip install -q --compile-bytecode --require-hashes -r requirements.lock
"$venv/bin/uv" pip install -q --no-deps --no-build-isolation -C editable_mode=compat -e .
echo "$wanted" >"$stamp"
