from collections.abc import Callable
from decimal import Decimal
from typing import Any

from openrpc import models as m
from openrpc.client import Client
from openrpc.rpc import Refused
from smoke import ADDRESS, COUNTED, SUM_TEXT, check, done, of


def refusal(call: Callable[[], object]) -> Refused:
    try:
        return of(Refused, call())
    except Refused as refused:
        return refused


def client_as(headers: dict[str, str]) -> Client:
    return Client(ADDRESS, headers, COUNTED)


login = m.IamAuthJwtAuthenticateParams(login="admin", password="correct horse")
session = client_as({}).iam_auth_jwt_authenticate(login)
client = client_as({"Authorization": f"Bearer {session.token}"})

body = m.ClientsCreateParams(name="Typed & Søn", companies_id=1, currencies_id=1, credit=Decimal(SUM_TEXT))
one = client.clients_create(body).root.id
read = client.clients_get(m.ClientsGetParams(id=one)).root
check((read.name, str(read.credit)), ("Typed & Søn", SUM_TEXT), "read back, with every digit of money")
found = client.clients_search(m.ClientsSearchParams(limit=5, offset=45, status=["active"], order=["id"]))
check([row.id for row in found.root], [46, 47, 48, one], "the last page")
check(client.clients_update(m.ClientsUpdateParams(id=one, credit=Decimal("900.10"))).root, True, "changed")
check(client.clients_get(m.ClientsGetParams(id=one)).root.credit, Decimal("900.1"), "as changed")

wrong = m.ClientsCreateParams(name="", companies_id=1, currencies_id=77)
refused = refusal(lambda: client.clients_create(wrong))
faults: Any = refused.data
check((refused.code, list(faults)), (-32602, ["name", "currencies_id"]), "faults by their fields")
check(client.clients_delete(m.ClientsDeleteParams(id=one)).root, 1, "deleted")
check(refusal(lambda: client.clients_get(m.ClientsGetParams(id=one))).code, -32001, "gone")
check(refusal(lambda: client_as({}).clients_get(m.ClientsGetParams(id=one))).code, -32003, "nobody")
done("openrpc")
