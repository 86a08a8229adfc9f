#!/usr/bin/env bash
# The API documents against a real server: schemathesis sends what the documents allow and what they do not, and every
# answer must be one that the documents know: no 5xx, no other status, content type or body.
#
#   tests/clients/schemathesis.sh [SERVER]
#
# SERVER is a binary of infra/local; without one cargo makes it. Each document has a server of its own; what may take the
# credential away has another one. The examples and the coverage phase: the same cases each time. Installed by
# infra/tools.sh schemathesis.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/clients/server.sh "${1:-}"
schemathesis=$PWD/target/tools/schemathesis/bin/schemathesis

# The demo tenant, with a token that may ask as often as it likes.
python3 - "$folder/tenants.json" <<'PYTHON'
import json, sys
tenants = json.load(open("infra/local/demo.json", encoding="utf-8"))
for tenant in tenants["tenants"]:
    for token in tenant["tokens"]:
        token["rate_limit"] = 1_000_000
json.dump(tenants, open(sys.argv[1], "w", encoding="utf-8"))
PYTHON

# What a field of an answer says.
field() { python3 -c "import json, sys; print(json.load(sys.stdin)['data']['$1'])"; }

credential() {
    local key
    case $1 in
        billmora) echo "Authorization: Bearer 1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de" ;;
        racknap) echo "Validate: Bearer $(curl -s "$address/api/v2/auth/token" -d 'username=admin&password=correct horse' | field token)" ;;
        *)
            key=$(curl -s "$address/api/v2/api-keys" -H 'Authorization: Bearer demo-admin-key' -H 'Content-Type: application/json' \
                -d '{"label": "documents", "permissions": ["*"], "rate_limit": 1000000}' | field key)
            if [ "$1" = jerasoft ]; then echo "X-Api-Key: $key"; else echo "Authorization: Bearer $key"; fi
            ;;
    esac
}

# A document, with more arguments; says how many cases passed.
check() {
    local document=$1
    shift
    start --clock 2026-03-01T12:00:00Z --load "$folder/tenants.json"
    if "$schemathesis" run "infra/documents/$document.json" --url "$address" -H "$(credential "$document")" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        --phases examples,coverage --seed 1 --warnings off --no-color "$@" >"$folder/log" 2>&1; then
        echo "schemathesis: $document: $(grep -o '[0-9]* generated, [0-9]* passed' "$folder/log")"
    else
        cat "$folder/log"
        echo "schemathesis: $document failed"
        failed=1
    fi
    stop
}

failed=0
own='^/api/(iam/users|resellers|companies|v2/(users|api-keys|tokens))/\{id\}'
check billmora
check racknap
for document in jerasoft cloudonex; do
    check "$document" --exclude-path-regex "$own"
    check "$document" --include-path-regex "$own"
done
exit "$failed"
