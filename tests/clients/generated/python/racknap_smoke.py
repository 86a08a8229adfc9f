from racknap import AuthenticatedClient, Client
from racknap.api.invoices import invoice_list
from racknap.api.services import service_create, service_list, service_suspend, service_terminate, service_unsuspend
from racknap.api.signing_in import auth_token
from racknap.models import (
    AuthTokenBody, AuthTokenResponse200, Failure, InvoiceListBody, ServiceCreateBody, ServiceCreateResponse200,
    ServiceListBody, ServiceListResponse200, ServiceListResponse200DataItem, ServiceSuspendBody,
    ServiceSuspendResponse200, ServiceTerminateBody, ServiceTerminateResponse200, ServiceUnsuspendBody,
    ServiceUnsuspendResponse200,
)
from smoke import ADDRESS, COUNTED, check, done, of

nobody = Client(base_url=ADDRESS, httpx_args=COUNTED)
login = AuthTokenBody(username="admin", password="correct horse")
session = of(AuthTokenResponse200, auth_token.sync(client=nobody, body=login)).data
client = AuthenticatedClient(
    base_url=ADDRESS, token=session.token, prefix=session.token_type, auth_header_name="Validate", httpx_args=COUNTED
)

PRICE = 1234567.89
body = ServiceCreateBody(
    customer_id=41, quantity=1, planid=3, regdate="23/07/2025", nextduedate="23/07/2026", billingcycle="Annually",
    plan_billing_cycle="Annually", amount=PRICE, recuring_amount=PRICE, first_plan_price=PRICE,
    recuring_plan_price=PRICE, firstpayment=PRICE,
)
service = of(ServiceCreateResponse200, service_create.sync(client=client, body=body)).data.serviceid


def now() -> ServiceListResponse200DataItem:
    asked = ServiceListBody(customer_id="41", page=1, limit=10)
    return of(ServiceListResponse200, service_list.sync(client=client, body=asked)).data[0]


check((now().serviceid, now().recuring_amount), (service, "1234567.89"), "read back, money as text")
page = service_list.sync(client=client, body=ServiceListBody(page=2, limit=10))
check(of(ServiceListResponse200, page).data, [], "an empty page")

of(ServiceSuspendResponse200, service_suspend.sync(client=client, body=ServiceSuspendBody(service, "asked")))
check(now().status, "Suspended", "suspended")
of(ServiceUnsuspendResponse200, service_unsuspend.sync(client=client, body=ServiceUnsuspendBody(service, "asked")))
check(now().status, "Active", "going on")
of(ServiceTerminateResponse200, service_terminate.sync(client=client, body=ServiceTerminateBody(service, "asked")))
check(now().status, "Terminated", "ended")

refused = of(Failure, invoice_list.sync(client=client, body=InvoiceListBody(startdate="2019-12-04")))
check((refused.status, refused.error_code), ("Error", 2002), "a date in another form")
stranger = AuthenticatedClient(base_url=ADDRESS, token="x", auth_header_name="Validate", httpx_args=COUNTED)
unknown = invoice_list.sync_detailed(client=stranger, body=InvoiceListBody())
check((unknown.status_code, of(Failure, unknown.parsed).error_code), (401, 1002), "a token that is none")
done("racknap")
