from cloudonex import AuthenticatedClient
from cloudonex.api.customers import customers_create, customers_delete, customers_get, customers_list, customers_update
from cloudonex.api.invoices import invoices_create, invoices_delete, invoices_get, invoices_pdf
from cloudonex.models import (
    CustomersCreateBody, CustomersCreateResponse201, CustomersDeleteResponse200, CustomersGetResponse200,
    CustomersListResponse200Type0, CustomersUpdateBody, CustomersUpdateResponse200, Failure, FailureErrors,
    InvoicesCreateBody, InvoicesCreateBodyItemsItem, InvoicesCreateBodyStatus, InvoicesCreateResponse201,
    InvoicesDeleteResponse200, InvoicesGetResponse200,
)
from cloudonex.types import File
from smoke import ADDRESS, COUNTED, SUM, SUM_TEXT, check, done, of

client = AuthenticatedClient(base_url=ADDRESS, token="demo-admin-key", httpx_args=COUNTED)

body = CustomersCreateBody(account="Typed & Søn", email="typed@x.example")
made = of(CustomersCreateResponse201, customers_create.sync(client=client, body=body)).data
read = of(CustomersGetResponse200, customers_get.sync(made.id, client=client))
check(read.data.account, "Typed & Søn", "read back")
page = of(CustomersListResponse200Type0, customers_list.sync(client=client, page=2, limit=20))
check((len(page.data), page.meta.current_page, page.meta.total_pages), (20, 2, 3), "the second of three pages")
changed = customers_update.sync(made.id, client=client, body=CustomersUpdateBody(city="Faro"))
check(of(CustomersUpdateResponse200, changed).data.city, "Faro", "changed")

items = [InvoicesCreateBodyItemsItem(description="Exact", amount=SUM, qty=1)]
draft = InvoicesCreateBody(customer_id=41, status=InvoicesCreateBodyStatus.DRAFT, items=items)
invoice = of(InvoicesCreateResponse201, invoices_create.sync(client=client, body=draft)).data
read_invoice = of(InvoicesGetResponse200, invoices_get.sync(invoice.id, client=client)).data
check(str(read_invoice.amount), SUM_TEXT, "every digit of money")
check(of(File, invoices_pdf.sync(invoice.id, client=client)).payload.read(5), b"%PDF-", "a file")
check(of(InvoicesDeleteResponse200, invoices_delete.sync(invoice.id, client=client)).success, True, "a draft deleted")

refused = customers_create.sync_detailed(client=client, body=CustomersCreateBody(account="", email="nobody"))
check(refused.status_code, 422, "the status of a refusal")
faults = of(FailureErrors, of(Failure, refused.parsed).errors)
check(faults.additional_keys, ["account", "email"], "faults by their fields")
check(of(CustomersDeleteResponse200, customers_delete.sync(made.id, client=client)).success, True, "deleted")
check(of(Failure, customers_get.sync(made.id, client=client)).success, False, "gone")
stranger = AuthenticatedClient(base_url=ADDRESS, token="wrong", httpx_args=COUNTED)
check(customers_get.sync_detailed(made.id, client=stranger).status_code, 401, "a wrong key")
done("cloudonex")
