from jerasoft import AuthenticatedClient, Client
from jerasoft.api.clients import clients_create, clients_delete, clients_get, clients_list, clients_update
from jerasoft.api.signing_in import auth_jwt_authenticate
from jerasoft.models import (
    AuthJwtAuthenticateBody, AuthJwtAuthenticateResponse200, ClientsCreateBody, ClientsUpdateBody, Customer, Failure,
    FailureErrorType0, FailureErrorType0Data,
)
from smoke import ADDRESS, COUNTED, SUM, SUM_TEXT, check, done, of

nobody = Client(base_url=ADDRESS, httpx_args=COUNTED)
login = AuthJwtAuthenticateBody(login="admin", password="correct horse")
session = of(AuthJwtAuthenticateResponse200, auth_jwt_authenticate.sync(client=nobody, body=login))
client = AuthenticatedClient(base_url=ADDRESS, token=session.token, httpx_args=COUNTED)

body = ClientsCreateBody(name="Typed & Søn", companies_id=1, currencies_id=1, credit=SUM)
made = of(Customer, clients_create.sync(client=client, body=body))
read = of(Customer, clients_get.sync(made.id, client=client))
check((read.name, str(read.credit)), ("Typed & Søn", SUM_TEXT), "read back, with every digit of money")
found = of(list, clients_list.sync(client=client, limit=5, offset=45, status=["active"], order=["id"]))
check([of(Customer, one).id for one in found], [46, 47, 48, made.id], "the last page")
check(clients_update.sync(made.id, client=client, body=ClientsUpdateBody(credit=900.1)), True, "changed")
check(of(Customer, clients_get.sync(made.id, client=client)).credit, 900.1, "as changed")

# A key says the same as a token.
client = AuthenticatedClient(
    base_url=ADDRESS, token="demo-admin-key", prefix="", auth_header_name="X-Api-Key", httpx_args=COUNTED
)
wrong = ClientsCreateBody(name="", companies_id=1, currencies_id=77)
refused = clients_create.sync_detailed(client=client, body=wrong)
check(refused.status_code, 400, "the status of a refusal")
error = of(FailureErrorType0, of(Failure, refused.parsed).error)
check(error.message, "Invalid request", "what is wrong")
check(of(FailureErrorType0Data, error.data).additional_keys, ["name", "currencies_id"], "faults by their fields")
check(clients_delete.sync(made.id, client=client), 1, "deleted")
check(clients_get.sync_detailed(made.id, client=client).status_code, 404, "gone")
done("jerasoft")
