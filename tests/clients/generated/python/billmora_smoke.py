import datetime

from billmora import AuthenticatedClient
from billmora.api.customers import customers_create, customers_delete, customers_get, customers_search, customers_update
from billmora.api.invoices import invoices_create, invoices_get
from billmora.models import (
    CustomersCreateBody, CustomersCreateResponse201, CustomersDeleteResponse200, CustomersGetResponse200,
    CustomersSearchResponse200, CustomersUpdateBody, CustomersUpdateResponse200, Failure, FailureErrors,
    InvoicesCreateBody, InvoicesCreateBodyItemsItem, InvoicesCreateResponse201, InvoicesGetResponse200,
)
from smoke import ADDRESS, COUNTED, SUM, SUM_TEXT, check, done, of

TOKEN = "1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de"
client = AuthenticatedClient(base_url=ADDRESS, token=TOKEN, httpx_args=COUNTED)

body = CustomersCreateBody(first_name="Typed", last_name="Søn", email="typed@x.example", password="correct horse")
made = of(CustomersCreateResponse201, customers_create.sync(client=client, body=body)).data
check(of(CustomersGetResponse200, customers_get.sync(made.id, client=client)).data.fullname, "Typed Søn", "read back")
page = of(CustomersSearchResponse200, customers_search.sync(client=client, page="2", per_page="20"))
check((len(page.data), page.meta.current_page, page.meta.total), (20, 2, 49), "the second page")
check(page.links.prev is None, False, "a page before it")
changed = customers_update.sync(made.id, client=client, body=CustomersUpdateBody(last_name="Sen"))
check(of(CustomersUpdateResponse200, changed).data.last_name, "Sen", "changed")

items = [InvoicesCreateBodyItemsItem(description="Exact", quantity=1, unit_price=SUM)]
asked = InvoicesCreateBody(user_id=41, due_date=datetime.date(2026, 4, 1), items=items)
invoice = of(InvoicesCreateResponse201, invoices_create.sync(client=client, body=asked)).data
check(of(InvoicesGetResponse200, invoices_get.sync(invoice.id, client=client)).data.total, SUM_TEXT, "every digit of money")

wrong = CustomersCreateBody(first_name="", last_name="Søn", email="nobody", password="correct horse")
refused = customers_create.sync_detailed(client=client, body=wrong)
check(refused.status_code, 422, "the status of a refusal")
faults = of(FailureErrors, of(Failure, refused.parsed).errors)
check(sorted(faults.additional_keys), ["email", "first_name"], "faults by their fields")
check(len(faults["email"]), 1, "words for each")
of(CustomersDeleteResponse200, customers_delete.sync(made.id, client=client))
check(customers_get.sync_detailed(made.id, client=client).status_code, 404, "gone")
done("billmora")
