#!/bin/bash
# Makes sure of a C compiler: the race detector needs one, pfrun does not.
set -euo pipefail

cc=$(go env CC)
if command -v "${cc%% *}" >/dev/null; then
	exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "cc: the race detector needs a C compiler and there is no $cc: install one" >&2
	exit 1
fi
echo "cc: installing gcc for the race detector"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends gcc libc6-dev >/dev/null
