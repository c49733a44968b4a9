#!/usr/bin/env bash
# Print the first Python of 3.11 or newer that can build an extension: the given one, or any on PATH.
set -u

accept='
import os, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
if sys.version_info < (3, 11) or not os.path.exists(header):
    sys.exit(1)
print(sys.executable)
'
candidates=${1:-python3 python3.13 python3.12 python3.11 python}
for candidate in $candidates; do
    "$candidate" -c "$accept" 2>/dev/null && exit 0
done
echo "choose_python.sh: needs Python 3.11 or newer with its C headers (on Debian and Ubuntu:" \
    "apt install python3-dev); tried $candidates" >&2
exit 1
