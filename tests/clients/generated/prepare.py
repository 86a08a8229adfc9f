"""Makes of the API documents what generators of clients take, where they do not take them as they are:

    python3 prepare.py OUT

racknap.json: openapi-python-client leaves an import out where an operation has bodies of two kinds, needs one and has
nothing optional. A form says the same as JSON, so this has JSON alone.

methods.json and client.py: no generator makes a client of an OpenRPC document that its language's compiler accepts
(docs/api-documents.md). Its methods become schemas, NameParams and NameResult of each, in a document that generators of
types read; `Methods` has them under the methods' own names. methods.py calls each method with those types.
"""

import json
import re
import sys
from pathlib import Path

FOLDER = Path("infra/documents")
out = Path(sys.argv[1])


def read(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def write(name, document):
    (out / name).write_text(json.dumps(document, indent=1), encoding="utf-8")


def exact(schema):
    """Numbers with a fraction are decimals: types that are exact know this format. A text's bounds go where it may be a
    number too, since datamodel-code-generator makes of them what mypy does not take for a type."""
    if isinstance(schema, list):
        return [exact(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: exact(one) for name, one in schema.items()}
    kinds = schema.get("type")
    if kinds == "number" or isinstance(kinds, list) and "number" in kinds:
        known["format"] = "decimal"
    if isinstance(kinds, list):
        known.pop("minLength", None)
        known.pop("maxLength", None)
    return known


def camel(method):
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[._]", method))


def params(method):
    fields = method["params"]
    return {
        "type": "object",
        "properties": {field["name"]: field["schema"] for field in fields},
        "required": [field["name"] for field in fields if field["required"]],
        "additionalProperties": False,
    }


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


racknap = read("racknap.json")
for path in racknap["paths"].values():
    for operation in path.values():
        operation["requestBody"]["content"].pop("application/x-www-form-urlencoded")
write("racknap.json", racknap)

openrpc = read("openrpc.json")
schemas = dict(openrpc["components"]["schemas"])
methods = {}
lines = []
for method in openrpc["methods"]:
    name, own = method["name"], camel(method["name"])
    schemas[f"{own}Params"] = params(method)
    schemas[f"{own}Result"] = method["result"]["schema"]
    both = {"params": reference(f"{own}Params"), "result": reference(f"{own}Result")}
    methods[name] = {"type": "object", "properties": both, "required": ["params", "result"]}
    # Who has nothing to say need not say so.
    optional = not any(field["required"] for field in method["params"])
    lines += [
        "",
        f"    def {name.replace('.', '_')}(self, params: models.{own}Params{' | None = None' if optional else ''}) -> models.{own}Result:",
        f'        """{method["summary"]}"""',
        f'        return self.call("{name}", params, models.{own}Result)',
    ]
schemas["Methods"] = {"type": "object", "properties": methods, "required": list(methods)}
write("methods.json", {
    "openapi": "3.1.0",
    "info": openrpc["info"],
    "paths": {},
    "components": {"schemas": exact(schemas)},
})
head = [f'"""{openrpc["info"]["title"]}, {openrpc["info"]["version"]}"""', "", "from . import models", "from .rpc import Caller", "", "", "class Client(Caller):"]
(out / "client.py").write_text("\n".join(head + lines[1:]) + "\n", encoding="utf-8")
