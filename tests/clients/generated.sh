#!/usr/bin/env bash
# Clients that other people's generators make of the API documents, in TypeScript and in Python: each operation must be
# there, all must be accepted by tsc and mypy at their strictest, and each client is run against a server of its own.
#
#   tests/clients/generated.sh [SERVER]
#
# SERVER is a binary of infra/local; without one cargo makes it. The clients are in target/generated afterwards. What
# generators cannot take as it is, tests/clients/generated/prepare.py changes. Installed by infra/tools.sh generators.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/clients/server.sh "${1:-}"
own=tests/clients/generated
node=$PWD/target/tools/generators/node_modules/.bin
python=$PWD/target/tools/generators-python/bin
made=target/generated
documents=(jerasoft racknap cloudonex billmora openrpc)

# What generators say is of interest when they fail.
quietly() {
    if ! "$@" >"$folder/log" 2>&1; then
        cat "$folder/log"
        echo "failed: $*"
        return 1
    fi
}

typescript() {
    local input=infra/documents/$1.json plugins=()
    if [ "$1" = openrpc ]; then
        input=$made/methods.json
        plugins=(--plugins @hey-api/typescript)
    fi
    quietly "$node/openapi-ts" --input "$input" --output "$made/typescript/$1" ${plugins[@]+"${plugins[@]}"} --no-log-file
}

python() {
    local input=infra/documents/$1.json into=$made/python/$1
    case $1 in
        openrpc)
            mkdir "$into"
            touch "$into/__init__.py"
            cp "$made/client.py" "$own/python/rpc.py" "$into"
            quietly "$python/datamodel-codegen" --input "$made/methods.json" --input-file-type openapi --output "$into/models.py" \
                --output-model-type pydantic_v2.BaseModel --target-python-version 3.11 --extra-fields forbid \
                --enum-field-as-literal all --use-annotated --field-constraints --type-mappings email=string \
                --disable-timestamp --formatters builtin
            return
            ;;
        racknap) input=$made/racknap.json ;;
    esac
    quietly "$python/openapi-python-client" generate --path "$input" --output-path "$into" --meta none \
        --config "$own/python/openapi-python-client.json" --fail-on-warning
}

# How many operations there are: in a document, in its client in TypeScript, in the one in Python.
operations() {
    python3 - "infra/documents/$1.json" <<'PYTHON'
import json, sys
document = json.load(open(sys.argv[1], encoding="utf-8"))
print(len(document["methods"]) if "methods" in document else sum(map(len, document["paths"].values())))
PYTHON
    if [ "$1" = openrpc ]; then
        sed -n '/^export type Methods = /,/^};/p' "$made/typescript/openrpc/types.gen.ts" | grep -c '^    [^ }].*: {$'
        grep -c '^    def ' "$made/python/openrpc/client.py"
    else
        grep -c '^export const ' "$made/typescript/$1/sdk.gen.ts"
        find "$made/python/$1/api" -name '*.py' ! -name __init__.py | wc -l
    fi
}

rm -rf "$made"
mkdir -p "$made/typescript" "$made/python"
cp "$own"/typescript/* "$made/typescript"
cp "$own"/python/smoke.py "$own"/python/*_smoke.py "$made/python"
python3 "$own/prepare.py" "$made"

said=()
for document in "${documents[@]}"; do
    typescript "$document"
    python "$document"
    read -ra counts < <(operations "$document" | xargs)
    if [ "$(printf '%s\n' "${counts[@]}" | uniq | wc -l)" -ne 1 ] || [ "${#counts[@]}" -ne 3 ]; then
        echo "$document: operations in the document, in TypeScript, in Python: ${counts[*]}"
        exit 1
    fi
    said+=("$document ${counts[0]}")
done

"$node/tsc" --project "$made/typescript"
"$python/python" -m compileall -q "$made/python"
# A cast that changes nothing is no fault in a client.
(cd "$made/python" && quietly "$python/mypy" --cache-dir ../mypy --strict --disable-error-code redundant-cast .)

failed=0
for document in "${documents[@]}"; do
    for run in "node $made/typescript/made/${document}_smoke.js" "$python/python $made/python/${document}_smoke.py"; do
        # The day is fixed, as the smoke runs' dates are.
        start --clock 2026-03-01T12:00:00Z
        # shellcheck disable=SC2086 # a program and its argument
        $run "$address" | tee -a "$folder/runs" || failed=1
        stop
    done
done
[ "$failed" -eq 0 ]
printf -v list '%s, ' "${said[@]}"
awk -v list="${list%, }" '{ calls += $3; checks += $5 }
    END { printf "generated clients: operations in TypeScript and Python each: %s; %d smoke runs, %d calls, %d checks\n", list, NR, calls, checks }' "$folder/runs"
