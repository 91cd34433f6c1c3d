#!/bin/bash
# Builds the images that "make conformance" runs: pfrun/conformance-control and
# pfrun/conformance-managed. Images whose recipe has not changed are left as they are.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=mirror.sh
. ./mirror.sh
# shellcheck source=alone.sh
. ./alone.sh

recipe=$({
	docker image inspect --format '{{.Id}}' debian:12-slim debian:13-slim 2>/dev/null || true
	find conformance -type f | LC_ALL=C sort | xargs sha256sum
} | sha256sum | cut -d' ' -f1)

# build STAGE builds the image of one of the two machines.
build() {
	local name=pfrun/conformance-$1 log
	if [ "$(docker image inspect --format '{{index .Config.Labels "pfrun.recipe"}}' "$name" 2>/dev/null)" = "$recipe" ]; then
		return
	fi
	echo "images: building $name with packages from $DEBIAN_MIRROR"
	log=$(mktemp)
	if ! docker build --network host --target "$1" \
		--build-arg "DEBIAN_MIRROR=$DEBIAN_MIRROR" \
		--build-arg "SECURITY_MIRROR=$SECURITY_MIRROR" \
		--build-arg "http_proxy=$APT_PROXY" \
		--label "pfrun.recipe=$recipe" \
		-t "$name" conformance >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

./base.sh 12 13
build managed
build control
