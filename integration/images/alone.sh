# Sourced. Waits until nobody else builds images on this machine: what one build
# prunes can be a step that another stands on.
# shellcheck shell=bash

exec 9>"${TMPDIR:-/tmp}/pfrun-images.lock"
if ! flock -n 9; then
	echo "images: waiting for another build of images"
	flock 9
fi
