#!/bin/sh
# Whether the images start as they are to be run: another user than root, nothing writable, no capability.
set -eu
image=${1:-halfrate}

restricted() {
    docker run --rm --read-only --tmpfs /tmp:exec --cap-drop ALL --security-opt no-new-privileges "$@"
}

restricted "$image" version
restricted "$image" --help | grep -q 'Run the service'
user=$(docker image inspect --format '{{.Config.User}}' "$image")
[ "$user" = 65532:65532 ] || { echo "the image runs as '$user'" >&2; exit 1; }
# The state volume can be written to, and nothing else.
restricted --entrypoint /bin/sh "$image" -c 'touch /var/lib/halfrate/x && ! touch /opt/halfrate/x 2>/dev/null && ! touch /x 2>/dev/null'
# A configuration that is not there is wrong usage: exit code 2, told in one line.
status=0
restricted "$image" run --config /none.yaml 2>/dev/null || status=$?
[ "$status" = 2 ] || { echo "run without a configuration exits with $status" >&2; exit 1; }
echo "the image $image is fit"
