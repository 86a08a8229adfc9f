# Sourced by what runs clients against a server: makes it, starts it on a port of its own, and stops it.
#
#   . tests/clients/server.sh [SERVER]
#
# SERVER is a binary of infra/local; without one cargo makes it. Afterwards $folder is a folder that goes when the
# script ends, and with it whatever server still runs.
# shellcheck shell=bash

server=("${1:-}")
if [ -z "${server[0]}" ]; then
    cargo build -q -p local
    server=(cargo run -q -p local --)
fi
folder=$(mktemp -d)
address=
pid=

stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        pid=
    fi
}
trap 'stop; rm -rf "$folder"' EXIT

# A fresh server, with more arguments; its address is in $address.
start() {
    # Emptied here, since the address of the server before must not be read again.
    : >"$folder/said"
    "${server[@]}" --memory --listen 127.0.0.1:0 "$@" >"$folder/said" 2>&1 &
    pid=$!
    local tries=0
    until address=$(sed -n 's/^listening on //p' "$folder/said") && [ -n "$address" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ] || ! kill -0 "$pid" 2>/dev/null; then
            cat "$folder/said"
            echo "the server did not start"
            return 1
        fi
        sleep 0.1
    done
}
