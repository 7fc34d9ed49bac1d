#!/bin/sh
# Prints a Python that is new enough and can make virtual environments; PYTHON names one to try first.
# Each is really run: a version manager's stand-in may be there for a version that is not.
for python in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
  if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    command -v "$python"
    exit 0
  fi
done
echo "Kuayu needs Python 3.11 or newer with the venv module, and none was found.
  Debian, Ubuntu: apt-get install python3 python3-venv
  or set PYTHON to one: make run PYTHON=/path/to/python3.11" >&2
exit 1
