#!/bin/sh
# Install a part of requirements.lock, its hashes checked, and Vitrine itself: install.sh VENV SOURCE [--extra NAME ...]
#
# SOURCE says which packages: setup.py, or a list such as gateway.in. A package that the lock does not have is refused.
set -eu

export VIRTUAL_ENV="$1"
source=$2
shift 2
lock=requirements.lock

work=$(mktemp -d)
sed -n 's/^\(setuptools==[^ ;\\]*\).*/\1/p' $lock >"$work/setuptools.txt"
uv pip compile -q "$source" "$@" --constraint $lock --no-annotate --no-header -o "$work/part.txt" >/dev/null

[ -x "$VIRTUAL_ENV/bin/python" ] || uv venv -q "$VIRTUAL_ENV"
uv pip install -q --require-hashes --constraint $lock -r "$work/part.txt" -r "$work/setuptools.txt"
uv pip install -q --no-deps --no-build-isolation .
grep -q '^setuptools==' "$work/part.txt" || uv pip uninstall -q setuptools
rm -r "$work"
