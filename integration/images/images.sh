#!/bin/bash
# Builds the images that the integration tests and the demo run:
# pfrun/lab-mail:RELEASE for Debian 11, 12 and 13, or for the releases given, and
# without releases also pfrun/lab-mail:13-sysvinit, pfrun/lab-mail:13-openrc and
# pfrun/lab-parity:host. "images.sh parity" makes pfrun/lab-parity:host and :control.
# An image whose recipe and base have not changed is left as it is.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=mirror.sh
. ./mirror.sh
# shellcheck source=alone.sh
. ./alone.sh

# recipe BASE FOLDER prints a hash of all that goes into an image.
recipe() {
	{
		docker image inspect --format '{{.Id}}' "$1"
		find "$2" -type f | LC_ALL=C sort | xargs sha256sum
	} | sha256sum | cut -d' ' -f1
}

# built NAME prints the recipe that the image was built from, if it is there.
built() {
	docker image inspect --format '{{index .Config.Labels "pfrun.recipe"}}' "$1" 2>/dev/null || true
}

# build NAME BASE FOLDER ARG... builds one image. The host's network: a build needs
# nothing but the mirror, and a bridge's name server or MTU cannot stand in its way.
build() {
	local name=$1 base=$2 folder=$3 want log args=() a
	shift 3
	want=$(recipe "$base" "$folder")
	if [ "$(built "$name")" = "$want" ]; then
		return
	fi
	for a; do args+=(--build-arg "$a"); done
	echo "images: building $name from $base with packages from $DEBIAN_MIRROR"
	log=$(mktemp)
	if ! docker build --network host "${args[@]}" \
		--build-arg "DEBIAN_MIRROR=$DEBIAN_MIRROR" \
		--build-arg "SECURITY_MIRROR=$SECURITY_MIRROR" \
		--build-arg "http_proxy=$APT_PROXY" \
		--label "pfrun.recipe=$want" \
		-t "$name" "$folder" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

parity() {
	./base.sh 13
	build pfrun/lab-parity:host debian:13-slim parity
}

inits=
if [ "$*" = parity ]; then
	parity
	build pfrun/lab-parity:control pfrun/lab-parity:host control
	set --
elif [ $# = 0 ]; then
	set -- 11 12 13
	inits='sysvinit openrc'
	parity
fi
./base.sh "$@"
for release; do
	build "pfrun/lab-mail:$release" "debian:$release-slim" mail "RELEASE=$release"
done
for init in $inits; do
	build "pfrun/lab-mail:13-$init" pfrun/lab-mail:13 init "BASE=pfrun/lab-mail:13" "INIT=$init"
done
# What the new ones have taken the place of.
docker image prune -f --filter label=pfrun.recipe >/dev/null
