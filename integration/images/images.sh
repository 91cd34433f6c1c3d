#!/bin/bash
# Builds the images that the integration tests and the demo run:
# pfrun/lab-mail:RELEASE for Debian 11, 12 and 13, or for the releases given.
# An image whose recipe and base have not changed is left as it is.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=mirror.sh
. ./mirror.sh

# recipe RELEASE prints a hash of all that goes into the image.
recipe() {
	{
		docker image inspect --format '{{.Id}}' "debian:$1-slim"
		find mail -type f | LC_ALL=C sort | xargs sha256sum
	} | sha256sum | cut -d' ' -f1
}

# built NAME prints the recipe that the image was built from, if it is there.
built() {
	docker image inspect --format '{{index .Config.Labels "pfrun.recipe"}}' "$1" 2>/dev/null || true
}

# build RELEASE builds one image. The host's network: a build needs nothing but
# the mirror, and a bridge's name server or MTU cannot stand in its way.
build() {
	local name=pfrun/lab-mail:$1 want log
	want=$(recipe "$1")
	if [ "$(built "$name")" = "$want" ]; then
		return
	fi
	echo "images: building $name from debian:$1-slim with packages from $DEBIAN_MIRROR"
	log=$(mktemp)
	if ! docker build --network host \
		--build-arg "RELEASE=$1" \
		--build-arg "DEBIAN_MIRROR=$DEBIAN_MIRROR" \
		--build-arg "SECURITY_MIRROR=$SECURITY_MIRROR" \
		--build-arg "http_proxy=$APT_PROXY" \
		--label "pfrun.recipe=$want" \
		-t "$name" mail >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

if [ $# = 0 ]; then
	set -- 11 12 13
fi
./base.sh "$@"
for release; do
	build "$release"
done
# What the new ones have taken the place of.
docker image prune -f --filter label=pfrun.recipe >/dev/null
