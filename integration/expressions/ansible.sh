#!/bin/bash
# Runs something in a Debian 13 container that has ansible-core 2.19 and, with --all, Debian's package ansible with its collections: ansible.sh [--all] COMMAND…
# The container stays, so that the next call is quick; "ansible.sh --remove" takes it away. This folder is /expressions in it; standard input and output are the command's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=pfrun-expressions

if [ "${1-}" = --remove ]; then
	docker rm -f "$name" >/dev/null 2>&1 || true
	exit 0
fi
packages="ansible-core python3-jinja2 python3-netaddr python3-passlib python3-pytest"
if [ "${1-}" = --all ]; then
	packages="$packages ansible"
	shift
fi
if ! docker inspect "$name" >/dev/null 2>&1; then
	docker run -d --name "$name" --label pfrun=expressions -e TZ=UTC -e EVAL_ENV=envval debian:13-slim sleep infinity >/dev/null
fi
# shellcheck disable=SC2086 # a list of words
if ! docker exec "$name" dpkg -s $packages >/dev/null 2>&1; then
	docker exec "$name" sh -c "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $packages" >&2
fi
docker exec "$name" rm -rf /expressions
docker cp -q "$here" "$name:/expressions"
exec docker exec -i "$name" "$@"
