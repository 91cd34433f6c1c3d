#!/bin/bash
# Makes sure that debian:RELEASE-slim is there, for each RELEASE (11, 12, 13) given.
#
# An image that the engine has is left alone. Else it is pulled from the
# registry that the engine knows; where none answers, a base of the same name is
# made with debootstrap from the Debian mirror that this machine's apt uses.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=mirror.sh
. ./mirror.sh

# How long a registry may take to deliver a base of 30 MB.
pull_seconds=${PFRUN_PULL_SECONDS:-90}

# codename RELEASE prints the suite of a Debian release.
codename() {
	case $1 in
	11) echo bullseye ;;
	12) echo bookworm ;;
	13) echo trixie ;;
	*) echo "images: no Debian $1 is known here" >&2; return 1 ;;
	esac
}

# need_debootstrap installs debootstrap and Debian's keys where they are missing.
need_debootstrap() {
	if command -v debootstrap >/dev/null && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		return
	fi
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "images: no registry answers and debootstrap is missing: install debootstrap and debian-archive-keyring" >&2
		return 1
	fi
	echo "images: installing debootstrap"
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
		debootstrap debian-archive-keyring >/dev/null
}

# slim ROOT drops what Debian's slim images drop, and has dpkg never unpack it.
slim() {
	cat >"$1/etc/dpkg/dpkg.cfg.d/docker" <<-'END'
		path-exclude /usr/share/doc/*
		path-include /usr/share/doc/*/copyright
		path-exclude /usr/share/man/*
		path-exclude /usr/share/info/*
		path-exclude /usr/share/locale/*
		path-include /usr/share/locale/locale.alias
		path-exclude /usr/share/groff/*
		path-exclude /usr/share/lintian/*
		force-unsafe-io
	END
	find "$1/usr/share/doc" -type f ! -name copyright -delete
	rm -rf "$1"/usr/share/{man,info,locale,groff,lintian}/*
	rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*.log
	rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1/etc/machine-id"
	: >"$1/etc/machine-id"
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
}

# sources ROOT SUITE names the public archive; a build is told its mirror.
sources() {
	rm -f "$1/etc/apt/sources.list"
	cat >"$1/etc/apt/sources.list.d/debian.sources" <<-END
		Types: deb
		URIs: http://deb.debian.org/debian
		Suites: $2 $2-updates
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

		Types: deb
		URIs: http://deb.debian.org/debian-security
		Suites: $2-security
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
}

# bootstrap RELEASE imports debian:RELEASE-slim, made with debootstrap.
bootstrap() {
	local suite root script
	suite=$(codename "$1")
	need_debootstrap
	# A debootstrap older than the release lacks its name; sid's recipe fits.
	script=/usr/share/debootstrap/scripts/$suite
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	# Not /tmp: it is often small, and mounted so that a system cannot be made there.
	root=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
	# shellcheck disable=SC2064
	trap "rm -rf '$root' '$root.log'" EXIT
	echo "images: making debian:$1-slim with debootstrap from $DEBIAN_MIRROR"
	if ! http_proxy=$APT_PROXY debootstrap --variant=minbase \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$suite" "$root" "$DEBIAN_MIRROR" "$script" >"$root.log" 2>&1; then
		tail -n 20 "$root.log" >&2
		return 1
	fi
	rm -f "$root.log"
	slim "$root"
	sources "$root" "$suite"
	tar -C "$root" --numeric-owner --one-file-system -c . |
		docker import --change 'CMD ["bash"]' - "debian:$1-slim" >/dev/null
	rm -rf "$root"
	trap - EXIT
}


for release; do
	name=debian:$release-slim
	if docker image inspect "$name" >/dev/null 2>&1; then
		continue
	fi
	echo "images: pulling $name"
	if timeout "$pull_seconds" docker pull -q "$name" >/dev/null 2>&1; then
		continue
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "images: $name cannot be pulled, and debootstrap needs root" >&2
		exit 1
	fi
	bootstrap "$release"
done
