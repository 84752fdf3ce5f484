#!/bin/sh
# Makes the secrets that compose.yaml mounts, unless they are there. The simulator takes any key.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
[ -s secrets/vendor-key ] || echo simulated >secrets/vendor-key
[ -s secrets/admin-token ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >secrets/admin-token
# They are mounted as they are, and read by the containers' own users.
chmod 644 secrets/vendor-key secrets/admin-token
