#!/usr/bin/env bash
# The console and the API reference in a real browser, without a window: what a person does with them.
#
#   tests/browser/run.sh [SERVER | ADDRESS]
#
# SERVER is a binary of infra/local; without one cargo makes it. Each file of stories gets a server of its own with the
# demo tenant, unless the address of one that runs is given. The screenshots are in target/browser/. infra/tools.sh
# browser installs what this needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

server=("${1:-}")
if [ -z "${server[0]}" ]; then
    cargo build -q -p local
    server=(cargo run -q -p local --)
fi

export NODE_PATH=$PWD/target/tools/browser/node_modules
mkdir -p target/browser
failed=0
for stories in console keyboard sandbox reference; do
    node "tests/browser/$stories.cjs" "${server[@]}" || failed=1
done
exit "$failed"
