#!/bin/sh
# Make or refresh the environment of the audit's tools, pip-audit and CycloneDX: tools.sh ENVIRONMENT. Seconds when
# nothing has changed. PYTHON names another Python than python3.
set -eu

tools=$1
here=$(dirname "$0")

stamp=$tools/installed
wanted=$(cat "$here/tools.lock" "$0" | cksum)
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

"${PYTHON:-python3}" -m venv --clear "$tools"
"$tools/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$here/tools.lock"
echo "$wanted" >"$stamp"
