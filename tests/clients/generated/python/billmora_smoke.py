import datetime

from billmora import AuthenticatedClient
from billmora.api.invoices import invoices_create, invoices_get
from billmora.api.users import users_create, users_delete, users_get, users_list, users_update
from billmora.models import (
    Failure, FailureErrors, InvoicesCreateBody, InvoicesCreateBodyItemsItem, InvoicesCreateResponse201,
    InvoicesGetResponse200, UsersCreateBody, UsersCreateResponse201, UsersDeleteResponse200, UsersGetResponse200,
    UsersListResponse200, UsersUpdateBody, UsersUpdateResponse200,
)
from smoke import ADDRESS, COUNTED, SUM, SUM_TEXT, check, done, of

TOKEN = "1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de"
client = AuthenticatedClient(base_url=ADDRESS, token=TOKEN, httpx_args=COUNTED)

body = UsersCreateBody(first_name="Typed", last_name="Søn", email="typed@x.example", password="correct horse")
made = of(UsersCreateResponse201, users_create.sync(client=client, body=body)).data
check(of(UsersGetResponse200, users_get.sync(made.id, client=client)).data.fullname, "Typed Søn", "read back")
page = of(UsersListResponse200, users_list.sync(client=client, page="2", per_page="20"))
check((len(page.data), page.meta.current_page, page.meta.total), (20, 2, 49), "the second page")
check(page.links.prev is None, False, "a page before it")
changed = users_update.sync(made.id, client=client, body=UsersUpdateBody(last_name="Sen"))
check(of(UsersUpdateResponse200, changed).data.last_name, "Sen", "changed")

items = [InvoicesCreateBodyItemsItem(description="Exact", quantity=1, unit_price=SUM)]
asked = InvoicesCreateBody(user_id=41, due_date=datetime.date(2026, 4, 1), items=items)
invoice = of(InvoicesCreateResponse201, invoices_create.sync(client=client, body=asked)).data
check(of(InvoicesGetResponse200, invoices_get.sync(invoice.id, client=client)).data.total, SUM_TEXT, "every digit of money")

wrong = UsersCreateBody(first_name="", last_name="Søn", email="nobody", password="correct horse")
refused = users_create.sync_detailed(client=client, body=wrong)
check(refused.status_code, 422, "the status of a refusal")
faults = of(FailureErrors, of(Failure, refused.parsed).errors)
check(sorted(faults.additional_keys), ["email", "first_name"], "faults by their fields")
check(len(faults["email"]), 1, "words for each")
of(UsersDeleteResponse200, users_delete.sync(made.id, client=client))
check(users_get.sync_detailed(made.id, client=client).status_code, 404, "gone")
done("billmora")
