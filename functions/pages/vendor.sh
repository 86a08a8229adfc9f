#!/usr/bin/env bash
# Brings Swagger UI, which the API reference is made with, from npm into functions/pages/reference/. It is committed, so
# that neither a build nor a page needs the network.
#
#   functions/pages/vendor.sh
#
# To change the version: change the two lines below (`npm view swagger-ui-dist@VERSION dist.integrity`), run this, put
# the new version into reference/index.html and src/files.rs, delete the old folder, and run tests/browser/run.sh.
set -euo pipefail
cd "$(dirname "$0")/reference"

version=5.35.0
integrity=sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==
# The bundle holds other people's work: their notices are in the file beside it.
files=(LICENSE NOTICE swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt)

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
npm pack --silent --pack-destination "$room" "swagger-ui-dist@$version" >/dev/null
archive=$room/swagger-ui-dist-$version.tgz
found=sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w 0)
if [ "$found" != "$integrity" ]; then
    echo "swagger-ui-dist $version has the digest $found, not $integrity" >&2
    exit 1
fi
tar -xzf "$archive" -C "$room"
mkdir -p "swagger-ui-$version"
for file in "${files[@]}"; do
    cp "$room/package/$file" "swagger-ui-$version/$file"
done
