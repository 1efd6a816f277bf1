#!/bin/sh
# Make or refresh the reference's environment beside VENV: PyTorch and what stands on it, which tests and benchmarks
# compare with. TensorFlow's environment never holds PyTorch. Seconds when nothing has changed.
#
#   reference.sh VENV
set -eu

venv=$1
reference=$venv-reference
here=$(dirname "$0")

stamp=$reference/installed
wanted=$(cat "$here/reference.lock" "$0" | cksum)
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

# The system's interpreter: what VENV has may be a copy with a C library of its own, which PyTorch does not need.
[ -x "$reference/bin/python" ] ||
    "$venv/bin/uv" venv -q --no-config --clear --python "$("$venv/bin/python3" -c 'import sys; print(sys._base_executable)')" "$reference"
VIRTUAL_ENV=$reference "$venv/bin/uv" pip sync -q --no-config --compile-bytecode --require-hashes "$here/reference.lock"
echo "$wanted" >"$stamp"
