#!/bin/bash
# Makes sure of what the tests need beside Go: a C compiler for the race detector, OpenSSH's client, whose configuration pfrun reads through it, and sudo and an SFTP server to run
# as somebody else. None of them starts a service.
set -euo pipefail

missing=()
cc=$(go env CC)
command -v "${cc%% *}" >/dev/null || missing+=(gcc libc6-dev)
command -v ssh >/dev/null && command -v ssh-keygen >/dev/null || missing+=(openssh-client)
command -v sudo >/dev/null || missing+=(sudo)
sftp=
for server in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/sftp-server; do
	if [ -x "$server" ]; then sftp=$server; fi
done
[ -n "$sftp" ] || missing+=(openssh-sftp-server)
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "the tests need these programs, as Debian names their packages: ${missing[*]}" >&2
	exit 1
fi
echo "installing for the tests: ${missing[*]}"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
