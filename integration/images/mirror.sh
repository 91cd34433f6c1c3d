# Sourced. Finds where Debian's packages come from on this machine:
#   DEBIAN_MIRROR, SECURITY_MIRROR   http addresses, the public ones by default
#   APT_PROXY                        apt's proxy, or $http_proxy, or nothing
# shellcheck shell=bash

# apt_mirror LABEL prints the first http mirror of apt's whose Release file has
# that label ("Debian", "Debian-Security"), and nothing where there is none.
# An https mirror is not for us: an image of Debian has no CA certificates yet.
apt_mirror() {
	command -v apt-get >/dev/null || return 0
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -v label="$1" '$1 == label && $2 ~ /^http:/  && !seen++ { sub(/\/$/, "", $2); print $2 }'
}

# apt_proxy prints the proxy that apt uses for http.
apt_proxy() {
	local P=
	if command -v apt-config >/dev/null; then
		eval "$(apt-config shell P Acquire::http::Proxy)"
	fi
	[ "$P" = DIRECT ] && P=
	echo "${P:-${http_proxy:-}}"
}

DEBIAN_MIRROR=$(apt_mirror Debian)
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
SECURITY_MIRROR=$(apt_mirror Debian-Security)
SECURITY_MIRROR=${SECURITY_MIRROR:-http://deb.debian.org/debian-security}
APT_PROXY=$(apt_proxy)
