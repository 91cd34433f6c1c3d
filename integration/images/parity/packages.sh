#!/bin/sh
# Runs in the build: installs the packages that it is given from the build's mirror,
# and leaves the public one named in the image.
set -eu
export DEBIAN_FRONTEND=noninteractive

list=/etc/apt/sources.list.d/debian.sources
sed -i.orig \
	-e "s|http://deb.debian.org/debian-security|$SECURITY_MIRROR|" \
	-e "s|http://deb.debian.org/debian\$|$DEBIAN_MIRROR|" "$list"
apt-get -qq update
apt-get -qq install -y --no-install-recommends "$@" >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
mv "$list.orig" "$list"
