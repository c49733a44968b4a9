#!/usr/bin/env bash
# Make a virtual environment with pip: make_venv.sh PYTHON FOLDER
set -u
python=$1
folder=$2

"$python" -m venv "$folder" >/dev/null 2>&1 && exit 0

# Debian and Ubuntu split ensurepip off into python3-venv; their own pip can stand in for it.
rm -rf "$folder"
"$python" -m venv --without-pip "$folder" &&
    "$python" -m pip --python "$folder/bin/python" install --quiet pip && exit 0
rm -rf "$folder"
echo "make_venv.sh: $python can make no virtual environment with pip" \
    "(on Debian and Ubuntu: apt install python3-venv)" >&2
exit 1
