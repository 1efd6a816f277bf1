#!/bin/sh
# Ask the databases of PyPI and npm for advisories about every locked package; fail for those that accepted.json does not
# accept, and for packages that PyPI does not know: audit.sh ENVIRONMENT. It needs both registries.
set -eu

tools=$1/bin
here=$(dirname "$0")

status=0
ignored=$("$tools/python" "$here/accepted.py" options "$here/accepted.json")
for lock in requirements.lock deploy/local/bootstrap.lock deploy/local/reference.lock "$here/tools.lock"; do
    echo "$lock"
    # shellcheck disable=SC2086  # one option for each accepted advisory
    "$tools/pip-audit" --requirement "$lock" --require-hashes --disable-pip --strict --progress-spinner off $ignored ||
        status=1
done
echo web/package-lock.json
found=$(mktemp)
trap 'rm -f "$found"' EXIT
(cd web && npm audit --json) >"$found" || true # accepted.py decides
"$tools/python" "$here/accepted.py" npm "$here/accepted.json" "$found" || status=1
exit $status
