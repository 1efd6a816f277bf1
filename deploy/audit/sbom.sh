#!/bin/sh
# Write bills of materials in CycloneDX's format, of the locked Python packages and of the page's: sbom.sh ENVIRONMENT FOLDER
set -eu

tools=$1/bin
here=$(dirname "$0")

mkdir -p "$2"
"$tools/cyclonedx-py" requirements requirements.lock --output-reproducible --output-format JSON \
    --output-file "$2/vitrine-python.cdx.json"
"$tools/python" "$here/web_sbom.py" web/package-lock.json >"$2/vitrine-page.cdx.json"
