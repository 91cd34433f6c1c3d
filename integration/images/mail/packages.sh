#!/bin/sh
# Runs in the build: installs the packages, Postfix as an "Internet Site".
set -eu
export DEBIAN_FRONTEND=noninteractive

# Debian 11's own image has the one file, later ones have the other.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
	[ -s "$list" ] || continue
	sed -i.orig \
		-e "s|http://deb.debian.org/debian-security|$SECURITY_MIRROR|" \
		-e "s|http://deb.debian.org/debian\( .*\)\?\$|$DEBIAN_MIRROR\1|" "$list"
done

# The installer writes this name into main.cf: without it, a build's random one.
debconf-set-selections <<-END
	postfix postfix/main_mailer_type select Internet Site
	postfix postfix/mailname string mail.lab.test
END

apt-get -qq update
# Debian 11 has it by another name.
doas=opendoas
apt-cache show opendoas >/dev/null 2>&1 || doas=doas
apt-get -qq install -y --no-install-recommends \
	openssh-server sudo "$doas" postfix iproute2 procps rsyslog dbus systemd systemd-sysv >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
for orig in /etc/apt/sources.list.orig /etc/apt/sources.list.d/debian.sources.orig; do
	[ ! -e "$orig" ] || mv "$orig" "${orig%.orig}"
done
