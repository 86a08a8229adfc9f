from racknap import AuthenticatedClient, Client
from racknap.api.invoices import invoices_search
from racknap.api.services import services_create, services_move, services_move_2, services_move_3, services_search
from racknap.api.sessions import sessions_token
from racknap.models import (
    Failure, InvoicesSearchBody, ServicesCreateBody, ServicesCreateResponse200, ServicesMove2Body,
    ServicesMove2Response200, ServicesMove3Body, ServicesMove3Response200, ServicesMoveBody, ServicesMoveResponse200,
    ServicesSearchBody, ServicesSearchResponse200, ServicesSearchResponse200DataItem, SessionsTokenBody,
    SessionsTokenResponse200,
)
from smoke import ADDRESS, COUNTED, check, done, of

nobody = Client(base_url=ADDRESS, httpx_args=COUNTED)
login = SessionsTokenBody(username="admin", password="correct horse")
session = of(SessionsTokenResponse200, sessions_token.sync(client=nobody, body=login)).data
client = AuthenticatedClient(
    base_url=ADDRESS, token=session.token, prefix=session.token_type, auth_header_name="Validate", httpx_args=COUNTED
)

PRICE = 1234567.89
body = ServicesCreateBody(
    customer_id=41, quantity=1, planid=3, regdate="23/07/2025", nextduedate="23/07/2026", billingcycle="Annually",
    plan_billing_cycle="Annually", amount=PRICE, recuring_amount=PRICE, first_plan_price=PRICE,
    recuring_plan_price=PRICE, firstpayment=PRICE,
)
service = of(ServicesCreateResponse200, services_create.sync(client=client, body=body)).data.serviceid


def now() -> ServicesSearchResponse200DataItem:
    asked = ServicesSearchBody(customer_id="41", page=1, limit=10)
    return of(ServicesSearchResponse200, services_search.sync(client=client, body=asked)).data[0]


check((now().serviceid, now().recuring_amount), (service, "1234567.89"), "read back, money as text")
page = services_search.sync(client=client, body=ServicesSearchBody(page=2, limit=10))
check(of(ServicesSearchResponse200, page).data, [], "an empty page")

of(ServicesMoveResponse200, services_move.sync(client=client, body=ServicesMoveBody(service, "asked")))
check(now().status, "Suspended", "suspended")
of(ServicesMove2Response200, services_move_2.sync(client=client, body=ServicesMove2Body(service, "asked")))
check(now().status, "Active", "going on")
of(ServicesMove3Response200, services_move_3.sync(client=client, body=ServicesMove3Body(service, "asked")))
check(now().status, "Terminated", "ended")

refused = of(Failure, invoices_search.sync(client=client, body=InvoicesSearchBody(startdate="2019-12-04")))
check((refused.status, refused.error_code), ("Error", 2002), "a date in another form")
stranger = AuthenticatedClient(base_url=ADDRESS, token="x", auth_header_name="Validate", httpx_args=COUNTED)
unknown = invoices_search.sync_detailed(client=stranger, body=InvoicesSearchBody())
check((unknown.status_code, of(Failure, unknown.parsed).error_code), (401, 1002), "a token that is none")
done("racknap")
