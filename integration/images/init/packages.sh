#!/bin/sh
# Runs in the build: takes systemd's init out and puts $INIT in, which is sysvinit
# or openrc.
set -eu
export DEBIAN_FRONTEND=noninteractive

cp /etc/apt/sources.list.d/debian.sources /tmp/sources
sed -i \
	-e "s|http://deb.debian.org/debian-security|$SECURITY_MIRROR|" \
	-e "s|http://deb.debian.org/debian\$|$DEBIAN_MIRROR|" /etc/apt/sources.list.d/debian.sources
case $INIT in
sysvinit) packages=sysv-rc ;;
openrc) packages=openrc ;;
*) echo "no init $INIT is known here" >&2; exit 1 ;;
esac
apt-get -qq update
apt-get -qq install -y --no-install-recommends --allow-remove-essential \
	sysvinit-core $packages systemd-sysv- >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
mv /tmp/sources /etc/apt/sources.list.d/debian.sources

# A container has no consoles to log in on.
sed -i '/getty/d' /etc/inittab
