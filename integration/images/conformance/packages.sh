#!/bin/sh
# Runs in the build: installs packages from the mirror that the build was told of.
set -eu
export DEBIAN_FRONTEND=noninteractive

for list in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
	[ -s "$list" ] || continue
	sed -i.orig \
		-e "s|http://deb.debian.org/debian-security|$SECURITY_MIRROR|" \
		-e "s|http://deb.debian.org/debian\( .*\)\?\$|$DEBIAN_MIRROR\1|" "$list"
done
apt-get -qq update
apt-get -qq install -y --no-install-recommends "$@" >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
for orig in /etc/apt/sources.list.orig /etc/apt/sources.list.d/debian.sources.orig; do
	[ ! -e "$orig" ] || mv "$orig" "${orig%.orig}"
done
