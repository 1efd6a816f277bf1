#!/bin/sh
# Make or refresh the parts of a Flink cluster in HOME: Flink's distribution from PyPI, and the jars of Beam's job server
# from Maven Central. Seconds when nothing has changed.
#
#   setup.sh VENV HOME
set -eu

venv=$1
home=$2
here=$(dirname "$0")

version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 17 ] ||
    { echo "Flink needs Java 17, and found ${version:-none}: on Debian, install openjdk-17-jre-headless" >&2; exit 1; }

stamp=$home/installed
wanted=$(cat "$here/flink.lock" "$here/pom.xml" "$0" | cksum)
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

command -v mvn >/dev/null || { echo "Maven gets the jars of Beam's job server: on Debian, install maven" >&2; exit 1; }
rm -rf "$home"
# Not built in isolation: the package only unpacks Flink's files, by the setuptools of VENV.
VIRTUAL_ENV=$venv "$venv/bin/uv" pip install -q --no-config --no-deps --no-build-isolation --require-hashes \
    --target "$home/python" -r "$here/flink.lock"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$(cd "$home" && pwd)/job-server"
echo "$wanted" >"$stamp"
