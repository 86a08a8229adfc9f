"""The tenants that the cases and the model begin with, as docs/fixture.md describes them.

`tenant` makes one with four customers, a bank account, three currencies, tax rates, products with many prices, a top-level
domain and coupons. Ids follow from the order in the lists, and are named here so that a case can say `PLAN_60`.
"""
import time

PASSWORD = "correct horse"

# Ids of products and prices, in the order in which they stand in the file.
PLAN, TAXED, SETUP, SCARCE, YEARLY, CENTS, TAXED20 = 1, 2, 3, 4, 5, 6, 7
PLAN_30, PLAN_60, PLAN_10, PLAN_30_EUR = 1, 2, 3, 4
TAXED_1999, TAXED_999 = 5, 6
SETUP_1003, SCARCE_10, YEARLY_1200 = 7, 8, 9
CENTS_7, CENTS_1001, CENTS_4999 = 10, 11, 12
TAXED20_50 = 13
TLD = 1


def MACHINE_SECONDS():
    """The machine's time as a notice states it: servers of ours run with the fixed clock of `client.NOON`."""
    return "1772366400" if FIXED else str(int(time.time()))


FIXED = True


def key(number):
    return f"model-key-{number}-{'k' * 24}"


def login(number):
    """A login of its own for each tenant."""
    return f"admin{number}"


def token(number):
    return f"1|{'m' * 32}{number:08d}{'0' * 8}"



def price(name, amount, setup=None, period="monthly", currency="USD"):
    rate = {"price": amount, "enabled": True}
    if setup:
        rate["setup_fee"] = setup
    return {"name": name, "type": "recurring", "time_interval": 1, "billing_period": period, "rates": {currency: rate}}


def products():
    service = {"type": "service", "catalog_id": 1, "allow_quantity": "multiple"}
    return [
        {"name": "Plan", **service, "prices": [price("Small", "30.00"), price("Big", "60.00"), price("Mini", "10.00"),
                                               price("Euro", "30.00", currency="EUR")]},
        {"name": "Taxed", **service, "tax_rate": 19, "prices": [price("Full", "19.99"), price("Half", "9.99")]},
        {"name": "Setup", **service, "tax_rate": 19, "prices": [price("Monthly", "10.03", "10.03")]},
        {"name": "Scarce", **service, "stock": 5, "prices": [price("Monthly", "10.00")]},
        {"name": "Yearly", **service, "prices": [price("Annually", "1200.00", period="yearly")]},
        {"name": "Cents", **service, "tax_rate": 7, "prices": [price("A", "7.77", "0.33"), price("B", "10.01", "3.33"),
                                                               price("C", "49.99")]},
        {"name": "Taxed twenty", **service, "tax_rate": 20, "prices": [price("Monthly", "50.00")]},
    ]


def records(shape):
    made = {
        "customers": [{"account": name, "email": f"c{n}@example.com"} for n, name in
                      enumerate(("Blue Harbour", "Violet Bakery", "Delta Tools", "Noor Haddad"), 1)],
        "catalogs": [{"name": "Hosting"}],
        "tlds": [{"tld": ".dev", "status": "visible", "min_years": 1, "max_years": 10,
                  "prices": {"USD": {"register_price": "10.00", "renew_price": "12.00", "transfer_price": "8.00"}}}],
        "products": products(),
        "coupons": [{"code": "FULL", "type": "percentage", "value": "100"},
                    {"code": "HALF", "type": "percentage", "value": "50"},
                    {"code": "QUARTER", "type": "percentage", "value": "25"},
                    {"code": "TWELFTH", "type": "percentage", "value": "12.5"},
                    {"code": "FIVER", "type": "fixed_amount", "value": "5.00"}],
    }
    if shape:
        shape(made)
    return made


def tenant(name, number, shape=None):
    """One tenant; `shape` may change its records. Live tenants have number 0, and keys that no sandbox has."""
    user = {"id": 1, "login": login(number), "password": PASSWORD, "name": "Admin", "api_key": key(number), "role": "administrator"}
    return {
        "id": name, "name": name.title(), "base_currency": "USD", "timezone": "UTC", "users": [user],
        "tokens": [{"id": 1, "user_id": 1, "name": "all", "secret": token(number)[2:], "abilities": ["*"],
                    "rate_limit": 1000}],
        "currencies": [{"id": 1, "code": "USD"}, {"id": 2, "code": "EUR"}, {"id": 3, "code": "JPY"}],
        "exchange_rates": [{"from": "USD", "to": "EUR", "rate": "0.80", "at": "2019-01-01T00:00:00Z"}],
        "tax_rates": [{"name": "A9", "percent": "9.00"}, {"name": "B9", "percent": "9.00"}, {"name": "VAT19", "percent": "19.00"},
                      {"name": "VAT20", "percent": "20.00"}, {"name": "VAT25", "percent": "25.00"},
                      {"name": "VAT7", "percent": "7.00"}],
        "accounts": [{"id": 1, "name": "Bank", "currency": "USD", "opening_balance": "0.00"}],
        "categories": [{"id": 1, "name": "Sales", "type": "Income"}],
        "records": records(shape),
    }
