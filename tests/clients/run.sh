#!/usr/bin/env bash
# Real clients against a real server: what other people's programs send, and what they make of the answers.
#
#   tests/clients/run.sh [SERVER]
#
# SERVER is a binary of infra/local; without one cargo makes it. Each client gets a server of its own, since
# what one makes the others would see. The clients are installed by infra/tools.sh python npm php.
set -euo pipefail
cd "$(dirname "$0")/../.."

server=("${1:-}")
if [ -z "${server[0]}" ]; then
    cargo build -q -p local
    server=(cargo run -q -p local --)
fi

tools=$PWD/target/tools
python=$tools/python/bin/python
export NODE_PATH=$tools/npm/node_modules
said=$(mktemp)
pid=
stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        pid=
    fi
}
trap 'stop; rm -f "$said"' EXIT

# The day is fixed: documents and tokens of a test do not age.
clock=(--clock 2026-03-01T12:00:00Z)

# Run a client against a fresh server, whose address is put behind its name.
against() {
    local name=$1
    shift
    # Emptied here, since the address of the server before must not be read again.
    : >"$said"
    "${server[@]}" --memory --listen 127.0.0.1:0 ${clock[@]+"${clock[@]}"} >"$said" 2>&1 &
    pid=$!
    local address= tries=0
    until address=$(sed -n 's/^listening on //p' "$said") && [ -n "$address" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ] || ! kill -0 "$pid" 2>/dev/null; then
            cat "$said"
            echo "the server did not start"
            return 1
        fi
        sleep 0.1
    done
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
deliveries=$(mktemp)
trap 'stop; rm -f "$said" "$deliveries"' EXIT
against "standardwebhooks (Python)" "$python" tests/clients/webhooks.py "$deliveries"
if ! node tests/clients/webhooks.cjs "$deliveries"; then
    echo "standardwebhooks (JavaScript) failed"
    failed=1
fi
exit "$failed"
