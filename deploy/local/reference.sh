#!/bin/sh
# Install PyTorch into VENV: the reference that parity tests and benchmarks compare with. Vitrine itself never imports it.
#
#   reference.sh VENV
#
# It is not in requirements.lock: its builds differ by platform, and a lock with hashes could hold only one of them.
set -eu

version=2.13.0
python=$1/bin/python3
"$python" -c "import importlib.metadata as m; assert m.version('torch').split('+')[0] == '$version'" 2>/dev/null ||
    "$python" -m pip install -q --disable-pip-version-check --root-user-action ignore "torch==$version"
