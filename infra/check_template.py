#!/usr/bin/env python3
"""Hold what must stay true of template.yaml and infra/tenant.yaml.

    check_template.py [TEMPLATE [TENANT]]

Runs the SAM transform on this machine, without an account, and looks at what CloudFormation would be given:
a mistake in a route, in the authorizer or in a policy shows there, and not in what was written. Prints what
it checked; ends with status 1 and the first fault otherwise. Whether the properties as such are valid is
for `sam validate --lint` and `cfn-lint` to say.
"""

import json
import logging
import os
import re
import sys
from pathlib import Path

# The transform asks for a region and nothing else of AWS.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

logging.disable(logging.WARNING)  # the transform remarks on switches that only AWS has

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

HERE = Path(__file__).resolve().parent

ROUTES = {
    "/api": "Rpc",
    "/{proxy+}": "Rpc",
    "/api/iam/auth/{proxy+}": "Auth",
    "/api/v2/auth/{proxy+}": "Auth",
    "/api/v2/sessions": "Auth",
    "/api/clients": "Customers",
    "/api/clients/{proxy+}": "Customers",
    "/api/v2/customers": "Customers",
    "/api/v2/customers/{proxy+}": "Customers",
    "/api/v2/batch/customers": "Customers",
    "/api/v1/users": "Customers",
    "/api/v1/users/{proxy+}": "Customers",
    "/api/accounting/currencies": "Currencies",
    "/api/accounting/currencies/{proxy+}": "Currencies",
    "/api/v2/currencies": "Currencies",
    "/api/v2/currencies/{proxy+}": "Currencies",
    "/api/v2/exchange-rates": "Currencies",
    "/api/v2/exchange-rates/{proxy+}": "Currencies",
    "/api/accounting/invoices": "Invoices",
    "/api/accounting/invoices/{proxy+}": "Invoices",
    "/api/v2/invoice/{proxy+}": "Invoices",
    "/api/v2/invoices": "Invoices",
    "/api/v2/invoices/{id}": "Invoices",
    "/api/v2/invoices/{id}/{proxy+}": "Invoices",
    "/api/v2/invoices/{id}/pdf": "Printing",
    "/api/v2/invoices/{id}/ubl": "Printing",
    "/api/v1/invoices": "Invoices",
    "/api/v1/invoices/{proxy+}": "Invoices",
    "/api/accounting/transactions": "Transactions",
    "/api/accounting/transactions/{proxy+}": "Transactions",
    "/api/v2/transaction/{proxy+}": "Transactions",
    "/api/v2/receipt/{proxy+}": "Transactions",
    "/api/v2/transactions": "Transactions",
    "/api/v2/transactions/{id}": "Transactions",
    "/api/v2/transactions/{id}/{proxy+}": "Transactions",
    "/api/v2/transactions/{id}/pdf": "Printing",
    "/api/v2/receipts": "Transactions",
    "/api/v2/receipts/{id}": "Transactions",
    "/api/v2/receipts/{id}/{proxy+}": "Transactions",
    "/api/v2/receipts/{id}/pdf": "Printing",
    "/api/v2/refunds": "Transactions",
    "/api/v2/refunds/{id}": "Transactions",
    "/api/v2/refunds/{id}/{proxy+}": "Transactions",
    "/api/v2/refunds/{id}/pdf": "Printing",
    "/api/v2/credit-notes": "Transactions",
    "/api/v2/credit-notes/{id}": "Transactions",
    "/api/v2/credit-notes/{id}/{proxy+}": "Transactions",
    "/api/v2/credit-notes/{id}/pdf": "Printing",
    "/api/v2/credit-notes/{id}/ubl": "Printing",
    "/api/v2/debit-notes": "Transactions",
    "/api/v2/debit-notes/{id}": "Transactions",
    "/api/v2/debit-notes/{id}/{proxy+}": "Transactions",
    "/api/v2/debit-notes/{id}/pdf": "Printing",
    "/api/v2/accounts": "Transactions",
    "/api/v2/accounts/{proxy+}": "Transactions",
    "/api/v2/categories": "Transactions",
    "/api/v2/categories/{proxy+}": "Transactions",
    "/api/v2/tax-rates": "Transactions",
    "/api/v2/tax-rates/{proxy+}": "Transactions",
    "/api/v2/numbering": "Transactions",
    "/api/v2/numbering/{proxy+}": "Transactions",
    "/api/reports/{proxy+}": "Reports",
    "/api/v2/reports/{proxy+}": "Reports",
    "/api/packages": "Catalog",
    "/api/packages/{proxy+}": "Catalog",
    "/api/rates": "Catalog",
    "/api/rates/{proxy+}": "Catalog",
    "/api/services": "Catalog",
    "/api/services/{proxy+}": "Catalog",
    "/api/v2/products": "Catalog",
    "/api/v2/products/{proxy+}": "Catalog",
    "/api/v2/catalogs": "Catalog",
    "/api/v2/catalogs/{proxy+}": "Catalog",
    "/api/v2/variants": "Catalog",
    "/api/v2/variants/{proxy+}": "Catalog",
    "/api/v2/tlds": "Catalog",
    "/api/v2/tlds/{proxy+}": "Catalog",
    "/api/v2/coupons": "Catalog",
    "/api/v2/coupons/{proxy+}": "Catalog",
    "/api/v1/packages": "Catalog",
    "/api/v1/packages/{proxy+}": "Catalog",
    "/api/v1/catalogs": "Catalog",
    "/api/v1/catalogs/{proxy+}": "Catalog",
    "/api/v1/variants": "Catalog",
    "/api/v1/variants/{proxy+}": "Catalog",
    "/api/v1/tlds": "Catalog",
    "/api/v1/tlds/{proxy+}": "Catalog",
    "/api/v2/quotes": "Quotes",
    "/api/v2/quotes/{id}": "Quotes",
    "/api/v2/quotes/{id}/{proxy+}": "Quotes",
    "/api/v2/quotes/{id}/pdf": "Printing",
    "/api/clients/subscriptions": "Orders",
    "/api/clients/subscriptions/{proxy+}": "Orders",
    "/api/domains/{proxy+}": "Orders",
    "/api/v2/order/{proxy+}": "Orders",
    "/api/v2/service/{proxy+}": "Orders",
    "/api/v2/billing/{proxy+}": "Orders",
    "/api/v2/orders": "Orders",
    "/api/v2/orders/{proxy+}": "Orders",
    "/api/v2/services": "Orders",
    "/api/v2/services/{proxy+}": "Orders",
    "/api/v2/registrants": "Orders",
    "/api/v2/registrants/{proxy+}": "Orders",
    "/api/v2/settings": "Orders",
    "/api/v2/clock": "Orders",
    "/api/v1/orders": "Orders",
    "/api/v1/orders/{proxy+}": "Orders",
    "/api/v1/services": "Orders",
    "/api/v1/services/{proxy+}": "Orders",
    "/api/v1/registrants": "Orders",
    "/api/v1/registrants/{proxy+}": "Orders",
    "/api/v2/tickets": "Support",
    "/api/v2/tickets/{proxy+}": "Support",
    "/api/v2/departments": "Support",
    "/api/v2/departments/{proxy+}": "Support",
    "/api/v2/leads": "Support",
    "/api/v2/leads/{proxy+}": "Support",
    "/api/v1/tickets": "Support",
    "/api/v1/tickets/{proxy+}": "Support",
    "/api/iam/users": "Users",
    "/api/iam/users/{proxy+}": "Users",
    "/api/iam/roles": "Users",
    "/api/iam/roles/{proxy+}": "Users",
    "/api/resellers": "Users",
    "/api/resellers/{proxy+}": "Users",
    "/api/companies": "Users",
    "/api/companies/{proxy+}": "Users",
    "/api/v2/users": "Users",
    "/api/v2/users/{proxy+}": "Users",
    "/api/v2/roles": "Users",
    "/api/v2/roles/{proxy+}": "Users",
    "/api/v2/api-keys": "Users",
    "/api/v2/api-keys/{proxy+}": "Users",
    "/api/v2/tokens": "Users",
    "/api/v2/tokens/{proxy+}": "Users",
    "/api/v2/user": "Users",
    "/api/accounting/payment_terms": "Transactions",
    "/api/accounting/payment_terms/{proxy+}": "Transactions",
    "/api/accounting/taxes_profiles": "Transactions",
    "/api/accounting/taxes_profiles/{proxy+}": "Transactions",
    "/api/v2/income": "Transactions",
    "/api/create-lead": "Support",
    "/api/v2/suppliers": "Transactions",
    "/api/v2/suppliers/{proxy+}": "Transactions",
    "/api/v2/purchases": "Transactions",
    "/api/v2/purchases/{proxy+}": "Transactions",
    "/api/v2/gateways": "Transactions",
    "/api/v2/gateways/{proxy+}": "Transactions",
    "/api/gateways/{proxy+}": "Transactions",
    "/": "Rpc",
    "/api/v2/customer": "Customers",
    "/api/v2/customer/{proxy+}": "Customers",
    "/api/v2/invoice": "Invoices",
    "/api/v2/webhooks": "Webhooks",
    "/api/v2/webhooks/{proxy+}": "Webhooks",
    "/console": "Pages",
    "/console/{proxy+}": "Pages",
    "/api/openapi.json": "Pages",
    "/api/openrpc.json": "Pages",
    "/api/v1/openapi.json": "Pages",
    "/api/v2/openapi.json": "Pages",
    "/api/v2/racknap/openapi.json": "Pages",
    "/api/docs": "Pages",
    "/api/docs/{proxy+}": "Pages",
}
# Each function and the binary it runs.
FAMILIES = (
    "Auth",
    "Customers",
    "Currencies",
    "Invoices",
    "Transactions",
    "Reports",
    "Catalog",
    "Quotes",
    "Orders",
    "Support",
    "Users",
    "Webhooks",
    "Printing",
    "Pages",
)
# Invoked by a stream and by a queue.
FED = ("Dispatcher", "Deliverer")
# No route leads to these, and nobody waits for them.
UNROUTED = ("Verify", "Billing", "Reset", *FED)
FUNCTIONS = {name: name.lower() for name in ("Authorizer", "Rpc", *FAMILIES, *UNROUTED)}

TABLE = {"Fn::GetAtt": ["Table", "Arn"]}
SECRET = {"Ref": "Secret"}
READ_SECRET = (["secretsmanager:GetSecretValue"], SECRET, None)
RECORDS = sorted(
    f"dynamodb:{action}"
    for action in ("BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
)
LEADING = "dynamodb:LeadingKeys"
# Actions, resource, leading keys; in the order they are written.
MAY = {name: [(RECORDS, TABLE, None), READ_SECRET] for name in FUNCTIONS}
MAY["Authorizer"] = [
    (["dynamodb:GetItem", "dynamodb:UpdateItem"], TABLE, ["-#*"]),
    (["dynamodb:GetItem"], TABLE, ["*#user"]),
    READ_SECRET,
]
# The whole table, of a sandbox: the only one that may scan.
MAY["Reset"] = [(sorted(f"dynamodb:{action}" for action in ("DeleteItem", "GetItem", "PutItem", "Query", "Scan")), TABLE, None)]
# What it serves is in its own program.
MAY["Pages"] = []
# It reads, and nobody's credentials are its business.
MAY["Verify"] = [(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], TABLE, None)]
QUEUE = {"Fn::GetAtt": ["WebhookQueue", "Arn"]}
FAILED = {"Fn::GetAtt": ["WebhookFailures", "Arn"]}
SEND = ["sqs:SendMessage"]
MAY["Deliverer"] += [(SEND, QUEUE, None)]
# The last is the transform's own, for records that failed.
MAY["Dispatcher"] += [(SEND, QUEUE, None), (["sqs:SendMessage"], FAILED, None)]
# It reads documents, and nothing else.
MAY["Printing"] = [(["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE, None), READ_SECRET]
# What AWS writes for us: putting log lines somewhere, and nothing else; and for those that are fed, reading what
# feeds them.
MANAGED = ("AWSLambdaBasicExecutionRole", "AmazonAPIGatewayPushToCloudWatchLogs")
FEEDING = {"DispatcherRole": "AWSLambdaDynamoDBExecutionRole", "DelivererRole": "AWSLambdaSQSQueueExecutionRole"}
# What AWS takes: the first two are raised on request, the third never.
MOST_PATHS = 300  # path nodes of a REST API
MOST_RESOURCES = 500  # of a stack
MOST_METRICS = 10  # that one alarm sums up


class Fault(Exception):
    """What is wrong."""


def must(fact, fault):
    if not fact:
        raise Fault(fault)


def same(what, found, wanted):
    must(found == wanted, f"{what}: {json.dumps(found)}, should be {json.dumps(wanted)}")


def listed(value):
    return value if isinstance(value, list) else [value]


def transform(written):
    """What CloudFormation would be given."""
    template = json.loads(json.dumps(written))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `sam package` puts the uploaded archive here; the transform takes no folder.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser()).translate(template, {})


def of_type(resources, kind):
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def only(resources, kind):
    found = of_type(resources, kind)
    must(len(found) == 1, f"there are {len(found)} of {kind}, not one: {sorted(found)}")
    return next(iter(found.items()))


def properties(resources, name, kind):
    must(name in resources, f"there is no {name}")
    same(f"the type of {name}", resources[name]["Type"], kind)
    return resources[name]["Properties"]


def invoked(uri):
    """The function that an integration or authorizer calls."""
    text = json.dumps(uri)
    names = [name for name in FUNCTIONS if f"${{{name}.Arn}}" in text or f'["{name}", "Arn"]' in text]
    must(len(names) == 1, f"it is not clear which function this calls: {text}")
    return names[0]


def routes(_, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    paths = api["Properties"]["Body"]["paths"]
    for path in ROUTES:
        must(path in paths, f"the route {path} is missing")
    for path, verbs in paths.items():
        must(path in ROUTES, f"the route {path} is not one of ours; add it to ROUTES here")
        same(f"the verbs of {path}", sorted(verbs), ["x-amazon-apigateway-any-method"])
        method = verbs["x-amazon-apigateway-any-method"]
        integration = method["x-amazon-apigateway-integration"]
        same(f"the integration of {path}", integration["type"], "aws_proxy")
        same(f"the function behind {path}", invoked(integration["uri"]), ROUTES[path])
        secured = sorted(name for entry in method.get("security", []) for name in entry)
        same(f"what {path} asks for", secured, ["Everyone", "api_key"])
    allowed = {}
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        given = permission["Properties"]
        same("who may call a function", given["Principal"], "apigateway.amazonaws.com")
        function = given["FunctionName"]
        name = function.get("Ref") or function["Fn::GetAtt"][0]
        arn = json.dumps(given["SourceArn"])
        must('{"Ref": "Api"}' in arn or "${Api}" in arn, f"{name} may be called from elsewhere than the API: {arn}")
        allowed[name] = allowed.get(name, 0) + 1
    for name in FUNCTIONS:
        # The authorizer is called by the API itself, the check of the books by its operator alone, and the
        # billing by the role of a tenant's schedule.
        wanted = {"Authorizer": 1, **dict.fromkeys(UNROUTED, 0)}.get(name, list(ROUTES.values()).count(name))
        same(f"the number of permissions to call {name}", allowed.get(name, 0), wanted)
    return f"{len(ROUTES)} routes, each to its function, with authorizer and API key; nobody else may call them"


def room(_, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    nodes = {"/"}
    for path in api["Properties"]["Body"]["paths"]:
        # Every part of a path is a node, whether something answers there or not.
        parts = path.strip("/").split("/")
        nodes.update("/" + "/".join(parts[:end]) for end in range(1, len(parts) + 1))
    must(len(nodes) <= MOST_PATHS, f"the API has {len(nodes)} path nodes, API Gateway takes {MOST_PATHS}")
    must(len(resources) <= MOST_RESOURCES, f"the stack has {len(resources)} resources, CloudFormation takes {MOST_RESOURCES}")
    return f"room: {len(nodes)} of {MOST_PATHS} path nodes, {len(resources)} of {MOST_RESOURCES} resources"


def binary(_, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    types = api["Properties"]["Body"].get("x-amazon-apigateway-binary-media-types") or api["Properties"].get("BinaryMediaTypes")
    same("the binary media types", types, ["*/*"])
    parents = {}
    for path in api["Properties"]["Body"]["paths"]:
        above, _, last = path.rpartition("/")
        if last.startswith("{"):
            parents.setdefault(above, set()).add(last)
        # A parameter in the middle is a node of its own.
        parts = path.split("/")
        for place, part in enumerate(parts[:-1]):
            if part.startswith("{"):
                parents.setdefault("/".join(parts[:place]), set()).add(part)
    for above, found in parents.items():
        must(len(found) == 1, f"below {above} are {sorted(found)}, and API Gateway takes one parameter there")
    return "binary: any body is bytes; no path has two parameters side by side"


def authorizer(_, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    same("ApiKeySourceType", api["Properties"].get("ApiKeySourceType"), "AUTHORIZER")
    schemes = api["Properties"]["Body"]["components"]["securitySchemes"]
    same("the security schemes", sorted(schemes), ["Everyone", "api_key"])
    ours = schemes["Everyone"]["x-amazon-apigateway-authorizer"]
    same("the authorizer's type", ours["type"], "request")
    same("the authorizer's cache", ours.get("authorizerResultTtlInSeconds"), 0)
    must("identitySource" not in ours, "the authorizer has an identity source: without it strangers get 401 unseen")
    same("the authorizer's function", invoked(ours["authorizerUri"]), "Authorizer")
    return "authorizer: sees every request, no cache, no identity source, names the API key"


def answers(_, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    given = api["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    wanted = {
        "THROTTLED": 429,
        "QUOTA_EXCEEDED": 429,
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "ACCESS_DENIED": 401,
        "AUTHORIZER_FAILURE": 500,
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
    }
    same("the gateway responses", sorted(given), sorted(wanted))
    for name, status in wanted.items():
        answer = given[name]
        same(f"the status of {name}", answer.get("statusCode"), status and str(status))
        text = answer["responseTemplates"]["application/json"].replace("$context.error.messageString", '"x"')
        try:
            body = json.loads(text)
        except ValueError as error:
            raise Fault(f"the body of {name} is no JSON: {error}") from error
        same(f"the fields of {name}", sorted(body), ["error", "message", "status", "success"])
        same(f"the message of {name}, said twice", body["error"], {"message": body["message"]})
        if status == 429:
            after = answer["responseParameters"].get("gatewayresponse.header.Retry-After", "")
            must(after.strip("'").isdigit(), f"{name} has no Retry-After")
    return f"{len(wanted)} answers of the gateway's own, in one body for four dialects; 429 says when to return"


def stage(written, resources):
    _, api = only(resources, "AWS::ApiGateway::RestApi")
    same("the endpoint", api["Properties"]["EndpointConfiguration"], {"Types": ["REGIONAL"]})
    name, found = only(resources, "AWS::ApiGateway::Stage")
    given = found["Properties"]
    same("the stage's name", given["StageName"], {"Ref": "Stage"})
    line = given["AccessLogSetting"]["Format"]
    shown = re.search(r"identity\.apiKey(?!Id)|requestOverride|querystring|header", line)
    must(not shown, f"the access log shows {shown and shown[0]}, which may be a credential")
    try:
        json.loads(line)
    except ValueError as error:
        raise Fault(f"the access log's line is no JSON: {error}") from error
    settings = given["MethodSettings"]
    same("the methods with settings", [(one["HttpMethod"], one["ResourcePath"]) for one in settings], [("*", "/*")])
    must(not settings[0].get("DataTraceEnabled"), "data traces would log credentials")
    same("execution logs", settings[0].get("LoggingLevel", "OFF"), "OFF")
    plans = of_type(resources, "AWS::ApiGateway::UsagePlan")
    same("the usage plans", sorted(plans), ["AnonymousPlan", "TenantPlan"])
    for plan in plans.values():
        same("the stages of a plan", plan["Properties"]["ApiStages"], [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": name}}])
    same(
        "the tenants' throttle",
        plans["TenantPlan"]["Properties"]["Throttle"],
        {"RateLimit": {"Ref": "RateLimit"}, "BurstLimit": {"Ref": "BurstLimit"}},
    )
    same("the tenants' quota", plans["TenantPlan"]["Properties"]["Quota"], {"Limit": {"Ref": "DailyQuota"}, "Period": "DAY"})
    same(
        "the strangers' throttle",
        plans["AnonymousPlan"]["Properties"]["Throttle"],
        {"RateLimit": {"Ref": "AnonymousRateLimit"}, "BurstLimit": {"Ref": "AnonymousBurstLimit"}},
    )
    # How large the figures are is the operator's business; which is larger is not.
    for name in ("RateLimit", "BurstLimit"):
        ours, strangers = (written["Parameters"][which]["Default"] for which in (name, f"Anonymous{name}"))
        must(0 < strangers < ours, f"the default of {name} is {ours} for a tenant and {strangers} for strangers")
    must(written["Parameters"]["DailyQuota"]["Default"] > 0, "the default of DailyQuota lets nobody in")
    return "one stage; access log without query, header or key; two usage plans on it, the strangers' tighter"


def functions(written, resources):
    same("the functions", sorted(of_type(resources, "AWS::Lambda::Function")), sorted(FUNCTIONS))
    for name, binary in FUNCTIONS.items():
        given = resources[name]["Properties"]
        same(f"the runtime of {name}", given["Runtime"], "provided.al2023")
        same(f"the processor of {name}", given["Architectures"], ["arm64"])
        same(f"the handler of {name}", given["Handler"], "bootstrap")
        must(given["Timeout"] < 29 or name in UNROUTED, f"{name} may take longer than API Gateway waits")
        variables = given["Environment"]["Variables"]
        same(f"TESSERA_TABLE of {name}", variables.get("TESSERA_TABLE"), {"Ref": "Table"})
        same(f"TESSERA_SECRET of {name}", variables.get("TESSERA_SECRET"), SECRET)
        same(f"TESSERA_SANDBOX of {name}", variables.get("TESSERA_SANDBOX"), {"Fn::If": ["IsSandbox", "yes", "no"]})
        must("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH" in variables, f"{name} would see the stage in its paths")
        same(f"the log of {name}", given["LoggingConfig"], {"LogFormat": "JSON", "LogGroup": {"Ref": f"{name}Log"}})
        source = written["Resources"][name]
        build = source.get("Metadata", {})
        same(f"the build of {name}", build, {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": binary}})
        same(f"the folder of {name}", source["Properties"]["CodeUri"], f"functions/{binary}")
    for name, log in of_type(resources, "AWS::Logs::LogGroup").items():
        must("RetentionInDays" in log["Properties"], f"the log {name} is kept for ever")
    return f"{len(FUNCTIONS)} functions: arm64, provided.al2023, table and secret by name, logs that end"


def statements(role):
    given = role["Properties"]
    for policy in given.get("Policies", []):
        yield from listed(policy["PolicyDocument"]["Statement"])


def policies(_, resources):
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
        must(not of_type(resources, kind), f"there is an {kind}: write what a function may do in the function")
    roles = of_type(resources, "AWS::IAM::Role")
    for name, role in roles.items():
        for managed in role["Properties"].get("ManagedPolicyArns", []):
            ends = (*MANAGED, *(one for role, one in FEEDING.items() if role == name))
            must(json.dumps(managed).rstrip('"}').endswith(ends), f"{name} has the managed policy {managed}")
        for statement in statements(role):
            same(f"the effect of a statement of {name}", statement["Effect"], "Allow")
            must("NotAction" not in statement and "NotResource" not in statement, f"{name} allows all but something")
            for action in listed(statement["Action"]):
                must("*" not in action, f"{name} may do {action}")
                must(not action.endswith(":Scan") or name == "ResetRole", f"{name} may scan")
            for resource in listed(statement["Resource"]):
                must("*" not in json.dumps(resource), f"{name} may touch {json.dumps(resource)}")
    for name in FUNCTIONS:
        must(f"{name}Role" in roles, f"{name} has a role from elsewhere")
        found = []
        for statement in statements(roles[f"{name}Role"]):
            condition = statement.get("Condition")
            keys = condition and listed(condition.get("ForAllValues:StringLike", {}).get(LEADING))
            if keys:
                same(f"a condition of {name}", condition, {"ForAllValues:StringLike": {LEADING: keys}})
            must(bool(condition) == bool(keys), f"{name} has a condition that is unknown here: {json.dumps(condition)}")
            found.append((sorted(listed(statement["Action"])), statement["Resource"], keys))
        must(found == MAY[name], f"{name} may do {json.dumps(found)}, not {json.dumps(MAY[name])}")
    return "policies: the actions the store has, on one table and one secret; no wildcard, Scan for the reset of a sandbox alone"


def kept(_, resources):
    table = properties(resources, "Table", "AWS::DynamoDB::Table")
    only(resources, "AWS::DynamoDB::Table")
    same("the table's keys", [(one["AttributeName"], one["KeyType"]) for one in table["KeySchema"]], [("PK", "HASH"), ("SK", "RANGE")])
    kinds = sorted((one["AttributeName"], one["AttributeType"]) for one in table["AttributeDefinitions"])
    same("the types of the keys", kinds, [("PK", "S"), ("SK", "S")])
    same("the billing", table.get("BillingMode"), "PAY_PER_REQUEST")
    same("time to live", table.get("TimeToLiveSpecification"), {"AttributeName": "expires", "Enabled": True})
    same("the stream", table.get("StreamSpecification"), {"StreamViewType": "NEW_AND_OLD_IMAGES"})
    recovery = table.get("PointInTimeRecoverySpecification")
    same("point-in-time recovery", recovery, {"PointInTimeRecoveryEnabled": True})
    same("encryption", table.get("SSESpecification"), {"SSEEnabled": True})
    same("deletion protection", table.get("DeletionProtectionEnabled"), True)
    for index in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        must(index not in table, f"the table has {index}")
    secret = properties(resources, "Secret", "AWS::SecretsManager::Secret")
    must("SecretString" not in secret, "the secret's text stands in the template")
    made = secret["GenerateSecretString"]
    wanted = {"SecretStringTemplate": '{"jwt_keys": []}', "GenerateStringKey": "pepper", "PasswordLength": 64, "ExcludePunctuation": True}
    same("the secret", made, wanted)
    for name in ("Table", "Secret"):
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            same(f"the {policy} of {name}", resources[name].get(policy), "Retain")
    return "table and secret: recoverable, encrypted, kept when the stack goes; stream, time to live, no index"


def feeding(_, resources):
    """The stream and the queue: what comes from them, and what becomes of what fails."""
    sources = of_type(resources, "AWS::Lambda::EventSourceMapping")
    found = {one["Properties"]["FunctionName"]["Ref"]: one["Properties"] for one in sources.values()}
    same("the functions that are fed", sorted(found), sorted(FED))
    for name, given in found.items():
        same(f"what {name} answers", given.get("FunctionResponseTypes"), ["ReportBatchItemFailures"])
    stream = found["Dispatcher"]
    same("the stream", stream["EventSourceArn"], {"Fn::GetAtt": ["Table", "StreamArn"]})
    same("where the stream begins", stream["StartingPosition"], "TRIM_HORIZON")
    same("failed records", stream["DestinationConfig"], {"OnFailure": {"Destination": FAILED}})
    must(0 < stream["MaximumRetryAttempts"] <= 100, "a record that fails would stop its shard")
    # Order is of use only where one invocation at a time reads a shard.
    must(stream.get("ParallelizationFactor", 1) == 1, "several invocations would read one shard")
    filters = [json.loads(one["Pattern"]) for one in stream["FilterCriteria"]["Filters"]]
    keys = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"suffix": "#outbox"}]}}}}
    lanes = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"lane": {"S": [{"exists": True}]}}}}
    same("what the stream lets through", filters, [keys, lanes])
    queue = found["Deliverer"]
    same("the queue", queue["EventSourceArn"], QUEUE)
    must(queue["ScalingConfig"]["MaximumConcurrency"] >= 2, "SQS wants at least two")
    given = properties(resources, "WebhookQueue", "AWS::SQS::Queue")
    time = resources["Deliverer"]["Properties"]["Timeout"]
    must(given["VisibilityTimeout"] >= 6 * time, "a message would be seen again while it is worked on")
    same("failed messages", given["RedrivePolicy"]["deadLetterTargetArn"], FAILED)
    for name in ("WebhookQueue", "WebhookFailures"):
        same(f"the encryption of {name}", resources[name]["Properties"].get("SqsManagedSseEnabled"), True)
    for name in FED:
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        same(f"TESSERA_QUEUE of {name}", variables.get("TESSERA_QUEUE"), {"Ref": "WebhookQueue"})
    for name in FUNCTIONS:
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        must("TESSERA_LOOPBACK" not in variables, f"{name} would send to itself")
    return "stream and queue: new items of the outbox and of lanes only, failures kept, nothing sent to itself"


def alarms(_, resources):
    found = of_type(resources, "AWS::CloudWatch::Alarm")
    wanted = ["Errors", "ErrorsOfSales", "Failures", "ResetErrors", "Throttles", "ThrottlesOfSales", "Undelivered"]
    same("the alarms", sorted(found), wanted)
    reset = found.pop("ResetErrors")["Properties"]
    whose = [{"Name": "FunctionName", "Value": {"Ref": "Reset"}}]
    same("what ResetErrors watches", (reset["Namespace"], reset["MetricName"], reset["Dimensions"]), ("AWS/Lambda", "Errors", whose))
    waiting = found.pop("Undelivered")["Properties"]
    whose = [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["WebhookFailures", "QueueName"]}}]
    same("what Undelivered watches", (waiting["Namespace"], waiting["Dimensions"]), ("AWS/SQS", whose))
    failures = found.pop("Failures")["Properties"]
    same("what Failures watches", (failures["Namespace"], failures["MetricName"]), ("AWS/ApiGateway", "5XXError"))
    dimensions = {one["Name"]: one["Value"]["Ref"] for one in failures["Dimensions"]}
    same("whose failures", dimensions, {"ApiName": "AWS::StackName", "Stage": "Stage"})
    same("the API's name", properties(resources, "Api", "AWS::ApiGateway::RestApi").get("Name"), {"Ref": "AWS::StackName"})
    watched = {"Errors": [], "Throttles": []}
    for name, alarm in found.items():
        kind = name.removesuffix("OfSales")
        metrics = [metric["MetricStat"]["Metric"] for metric in alarm["Properties"]["Metrics"] if "MetricStat" in metric]
        must(len(metrics) <= MOST_METRICS, f"{name} sums up {len(metrics)} metrics, CloudWatch takes {MOST_METRICS}")
        for given in metrics:
            same(f"a metric of {name}", (given["Namespace"], given["MetricName"]), ("AWS/Lambda", kind))
            watched[kind].append(given["Dimensions"][0]["Value"]["Ref"])
    for kind, names in watched.items():
        same(f"the functions whose {kind} are watched", sorted(names), sorted(set(FUNCTIONS) - {"Reset"}))
    return "alarms: errors and throttles of every function that is waited for, a reset that failed, and every 5xx of the API"


def outputs(written, _):
    wanted = ["AnonymousPlanId", "ApiUrl", "BillingFunctionArn", "DomainTarget", "ResetFunctionName", "SecretArn", "TableName", "TenantPlanId"]
    same("the outputs", sorted(written["Outputs"]), wanted)
    same("what a schedule invokes", written["Outputs"]["BillingFunctionArn"]["Value"], {"Fn::GetAtt": ["Billing", "Arn"]})
    for name, output in written["Outputs"].items():
        must("Export" in output, f"the output {name} is not exported")
    return "outputs: " + ", ".join(wanted)


def sandbox(written, resources):
    """What only a sandbox has, and what it must never have in a live stage."""
    conditions = written["Conditions"]
    same("what makes a sandbox", conditions["IsSandbox"], {"Fn::Equals": [{"Ref": "Stage"}, "sandbox"]})
    must(written["Parameters"]["Stage"]["Default"] != "sandbox", "a stage is a sandbox by default")
    only_there = sorted(name for name, one in resources.items() if one.get("Condition") == "IsSandbox")
    same("what only a sandbox has", only_there, ["Reset", "ResetDaily", "ResetDailyRole", "ResetErrors", "ResetLog", "ResetRole"])
    # Else a live stage would have a program that may read its whole table and empty it.
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role" and any("dynamodb:Scan" in listed(one["Action"]) for one in statements(resource)):
            same(f"the condition of {name}, which may scan", resource.get("Condition"), "IsSandbox")
    daily = properties(resources, "ResetDaily", "AWS::Scheduler::Schedule")
    same("when a sandbox is reset", (daily["ScheduleExpression"], daily["ScheduleExpressionTimezone"]), ("cron(0 0 * * ? *)", "UTC"))
    same("what resets it", daily["Target"]["Arn"], {"Fn::GetAtt": ["Reset", "Arn"]})
    allowed = [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": ["Reset", "Arn"]}}]
    same("what its schedule may do", list(statements(resources["ResetDailyRole"])), allowed)
    domain = properties(resources, "Domain", "AWS::ApiGateway::DomainName")
    named = {"Fn::If": ["IsSandbox", {"Fn::Sub": "sandbox.${DomainName}"}, {"Ref": "DomainName"}]}
    same("the domain", domain["DomainName"], named)
    same("the domain's TLS", domain["SecurityPolicy"], "TLS_1_2")
    for name in ("Domain", "DomainMapping"):
        same(f"the condition of {name}", resources[name].get("Condition"), "HasDomain")
    return "sandbox: a stack of its own, reset daily, by the one function that may scan; sandbox. before the domain"


def tenant(written):
    value = written["Parameters"]["KeyValue"]
    same("NoEcho of KeyValue", value.get("NoEcho"), True)
    same("the length of KeyValue", (value.get("MinLength"), value.get("MaxLength")), (20, 128))
    resources = written["Resources"]
    same("the resources of a tenant", sorted(resources), ["BillingRuns", "BillingRunsRole", "Key", "KeyInPlan"])
    key = properties(resources, "Key", "AWS::ApiGateway::ApiKey")
    same("the key's value", key["Value"], {"Ref": "KeyValue"})
    same("whether the key counts", key["Enabled"], True)
    link = properties(resources, "KeyInPlan", "AWS::ApiGateway::UsagePlanKey")
    same("what is attached", link, {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "UsagePlanId"}})
    must("KeyValue" not in json.dumps(written.get("Outputs", {})), "an output shows the key's value")
    return "tenant: a key in a plan, its value not echoed"


def billing(written):
    given = written["Parameters"]
    same("the default of TimeZone", given["TimeZone"]["Default"], "UTC")
    states = (given["ScheduleState"]["Default"], given["ScheduleState"]["AllowedValues"])
    same("the states of a schedule", states, ("ENABLED", ["ENABLED", "DISABLED"]))
    function = {"Ref": "BillingFunctionArn"}
    # Whoever forgets it must hear of it, or the tenant is never billed.
    must("Default" not in given["BillingFunctionArn"], "BillingFunctionArn has a default")
    # Strangers have no books.
    tenants = {"Fn::Not": [{"Fn::Equals": [{"Ref": "TenantId"}, "-"]}]}
    same("who is billed", written["Conditions"], {"IsBilled": tenants})
    resources = written["Resources"]
    for name in ("BillingRuns", "BillingRunsRole"):
        same(f"the condition of {name}", resources[name].get("Condition"), "IsBilled")
    schedule = properties(resources, "BillingRuns", "AWS::Scheduler::Schedule")
    same("the state of the schedule", schedule["State"], {"Ref": "ScheduleState"})
    same("when a tenant is billed", schedule["ScheduleExpression"], "cron(0 0 * * ? *)")  # once a day
    same("the zone of the schedule", schedule["ScheduleExpressionTimezone"], {"Ref": "TimeZone"})
    same("the schedule's window", schedule["FlexibleTimeWindow"], {"Mode": "OFF"})
    for bound in ("StartDate", "EndDate"):
        must(bound not in schedule, f"the schedule has an {bound}")
    target = schedule["Target"]
    same("what the schedule invokes", target["Arn"], function)
    same("the schedule's role", target["RoleArn"], {"Fn::GetAtt": ["BillingRunsRole", "Arn"]})
    same("the fields of the schedule's input", list(target["Input"]), ["Fn::Sub"])
    text = target["Input"]["Fn::Sub"].replace("${TenantId}", "acme")
    try:
        same("the schedule's input", json.loads(text), {"tenant": "acme"})
    except ValueError as error:
        raise Fault(f"the schedule's input is no JSON: {error}") from error
    retries = {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    same("the schedule's retries", target["RetryPolicy"], retries)
    role = resources["BillingRunsRole"]
    properties(resources, "BillingRunsRole", "AWS::IAM::Role")
    must("ManagedPolicyArns" not in role["Properties"], "the schedule's role has a managed policy")
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    same("who may use the schedule's role", listed(role["Properties"]["AssumeRolePolicyDocument"]["Statement"]), [trusted])
    allowed = {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": function}
    same("what the schedule's role may do", list(statements(role)), [allowed])
    return "billing: each tenant once a day at midnight in its zone, by a role that may do nothing else"


def main(arguments):
    template = Path(arguments[0]) if arguments else HERE.parent / "template.yaml"
    tenants = Path(arguments[1]) if len(arguments) > 1 else HERE / "tenant.yaml"
    try:
        written = yaml_parse(template.read_text())
        resources = transform(written)["Resources"]
        for check in (routes, room, binary, authorizer, answers, stage, functions, policies, kept, feeding, alarms, sandbox, outputs):
            print("ok  ", check(written, resources))
        attached = yaml_parse(tenants.read_text())
        for check in (tenant, billing):
            print("ok  ", check(attached))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        print(f"FAULT {template.name} cannot be transformed: {causes}")
        return 1
    except Fault as fault:
        print(f"FAULT {fault}")
        return 1
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        # Something is not where it always was. Which check saw it stands in the trace.
        print(f"FAULT something is missing or of another form: {error!r}")
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
