#!/bin/bash
# Makes sure that a container engine answers. Where none does, and this is root
# on Debian or Ubuntu, it installs the distribution's docker.io and starts it;
# anywhere else it says what is missing and fails.
set -euo pipefail

log=/var/log/pfrun-dockerd.log

answers() { timeout 10 docker version >/dev/null 2>&1; }

# wait_for SECONDS waits for the engine to answer.
wait_for() {
	local end=$((SECONDS + $1))
	until answers; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}

# debian says whether this is Debian, Ubuntu or made of one of them.
debian() {
	[ -r /etc/os-release ] && command -v apt-get >/dev/null &&
		(. /etc/os-release && [[ " ${ID:-} ${ID_LIKE:-} " =~ \ (debian|ubuntu)\  ]])
}

# install installs the engine. A docker command alone is no engine.
install() {
	echo "engine: installing docker.io from the distribution's packages"
	apt-get -qq update
	# iptables is only recommended by some releases, and dockerd needs it.
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
		docker.io iptables ca-certificates >/dev/null
	# The command is a package of its own from Debian 13 on.
	command -v docker >/dev/null ||
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker-cli >/dev/null
}

# background starts dockerd where there is no init that would.
background() {
	# The daemon itself mounts no cgroups; a machine without an init may have none.
	if ! mountpoint -q /sys/fs/cgroup; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
	fi
	rm -f /var/run/docker.pid
	setsid nohup dockerd >>"$log" 2>&1 </dev/null &
}

# start starts the installed engine, by whatever the machine starts services with.
start() {
	echo "engine: starting dockerd"
	if [ -d /run/systemd/system ]; then
		systemctl start docker && wait_for 60
		return
	fi
	# /etc/init.d/docker raises limits, which not every container allows.
	if [ -x /etc/init.d/docker ] && service docker start >/dev/null 2>&1 && wait_for 20; then
		return
	fi
	background
	wait_for 30 && return
	# A kernel without nftables: dockerd stops at once, and says so.
	if grep -qs iptables "$log" && [ -x /usr/sbin/iptables-legacy ]; then
		echo "engine: dockerd cannot use nftables here, trying iptables-legacy"
		update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
		background
		wait_for 30 && return
	fi
	return 1
}

if answers; then
	exit 0
fi
if [ -n "${DOCKER_HOST:-}" ]; then
	echo "engine: nothing answers at DOCKER_HOST=$DOCKER_HOST" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "engine: no container engine answers this user: start Docker, or run this as root on Debian or Ubuntu" >&2
	exit 1
fi
if ! debian; then
	echo "engine: no container engine answers: install and start Docker" >&2
	exit 1
fi
echo "engine: no container engine answers"
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
	install
fi
# The package may have started it already.
if ! wait_for 3 && ! start; then
	echo "engine: dockerd does not answer:" >&2
	tail -n 20 "$log" >&2 2>/dev/null || true
	exit 1
fi
