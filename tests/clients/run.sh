#!/usr/bin/env bash
# Real clients against a real server: what other people's programs send, and what they make of the answers.
#
#   tests/clients/run.sh [SERVER]
#
# SERVER is a binary of infra/local; without one cargo makes it. Each client gets a server of its own, since
# what one makes the others would see. The clients are installed by infra/tools.sh python npm php.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/clients/server.sh "${1:-}"
tools=$PWD/target/tools
python=$tools/python/bin/python
export NODE_PATH=$tools/npm/node_modules

# The day is fixed: documents and tokens of a test do not age.
clock=(--clock 2026-03-01T12:00:00Z)

# Run a client against a fresh server, whose address is put behind its name.
against() {
    local name=$1
    shift
    start ${clock[@]+"${clock[@]}"}
    if ! "$@" "$address"; then
        echo "$name failed"
        failed=1
    fi
    stop
}

failed=0
against jayson node tests/clients/jayson.cjs
against jsonrpcclient "$python" tests/clients/json_rpc.py
against php php tests/clients/racknap.php
against newman node tests/clients/newman.cjs
# Receivers look at their own clock.
clock=()
deliveries=$folder/deliveries
against "standardwebhooks (Python)" "$python" tests/clients/webhooks.py "$deliveries"
if ! node tests/clients/webhooks.cjs "$deliveries"; then
    echo "standardwebhooks (JavaScript) failed"
    failed=1
fi
exit "$failed"
