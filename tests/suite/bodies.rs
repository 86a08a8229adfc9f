//! Bodies of requests that several suites send: what is sold, and by what it is sold.

use serde_json::{Value, json};
use shared::machinery::route::Row;
use tests::World;

/// The delivery that [`delivered`] makes.
const DELIVERY: &str = "msg_000000000000700080000000000000000";

/// A row's path, of the record of an id.
pub(crate) fn path(row: &Row, id: impl ToString) -> String {
    row.path.replace("{id}", &id.to_string()).replace("{delivery}", DELIVERY)
}

/// A delivery of acme's webhook that was given up, with this text in it.
pub(crate) fn delivered(world: &World, webhook: u64, text: &str) {
    let (string, number) = (|text: &str| json!({"S": text}), |number: u64| json!({"N": number.to_string()}));
    let at = string("2026-03-01T12:00:00Z");
    let common = |pk: &str, sk: &str| {
        json!({"PK": string(pk), "SK": string(sk), "id": string(DELIVERY), "event": string("customer.created"),
            "object": string("customer"), "object_id": number(1), "expires": number(4_000_000_000)})
    };
    let mut message = common("acme#webhook-message", DELIVERY);
    (message["at"], message["data"]) = (at.clone(), string(&json!({"account": text}).to_string()));
    let mut delivery = common(&format!("acme#webhook-delivery#{webhook:012}"), DELIVERY);
    for (name, value) in [
        ("webhook", number(webhook)),
        ("sequence", number(1)),
        ("state", string("dead")),
        ("attempts", json!({"L": []})),
        ("tries", number(10)),
        ("created_at", at),
        ("version", number(3)),
    ] {
        delivery[name] = value;
    }
    world.engine.import("tessera", vec![message, delivery]).unwrap();
}

/// A body for a row of the catalogue, of quotes, services or settings; of a reseller and for a customer where it
/// names one.
pub(crate) fn sold(row: &Row, reseller: u64, customer: u64) -> Option<Value> {
    Some(match (row.operation, row.dialect.name()) {
        ("products.create", "jerasoft") => {
            json!({"companies_id": reseller, "name": "X", "period": "P1M", "currencies_id": 1, "fees": [{"type": "subscription", "amount": 5}]})
        }
        ("products.create", "billmora") => json!({"name": "X", "catalog_id": 1}),
        ("products.create", _) => json!({"name": "X", "price": 1, "sku": "X"}),
        ("catalogs.create" | "variants.create", _) => json!({"name": "X"}),
        ("products.update" | "catalogs.update" | "variants.update" | "rate_tables.update", _) => {
            json!({"name": "touched"})
        }
        ("tlds.create", _) => json!({"tld": ".x", "status": "visible", "min_years": 1, "max_years": 2}),
        ("tlds.update", _) => json!({"sort_order": 3}),
        ("coupons.create", _) => json!({"code": "X", "type": "percentage", "value": 5}),
        ("coupons.update" | "usage_rates.update", _) => json!({"value": 6}),
        ("rate_tables.create", _) => json!({"name": "X", "currencies_id": 1, "companies_id": reseller}),
        ("client_accounts.create", _) => json!({"clients_id": customer, "name": "X"}),
        ("client_accounts.update", _) => json!({"name": "touched"}),
        ("usage_rates.create", _) => {
            json!({"rate_tables_id": 1, "code_name": "X", "value": 1, "effective_from": "2026-01-01", "time_profiles_id": 1})
        }
        ("quotes.create", _) => {
            json!({"customer_id": customer, "valid_until": "2026-12-31", "items": [{"description": "x", "amount": 5}]})
        }
        ("quotes.update", _) => json!({"notes": "touched"}),
        ("services.create", _) => json!({"customer_id": customer, "quantity": 1, "planid": 1, "regdate": "01/01/2026",
            "nextduedate": "01/04/2026", "billingcycle": "Monthly", "plan_billing_cycle": "Monthly", "amount": 5,
            "recuring_amount": 5, "first_plan_price": 5, "recuring_plan_price": 5, "firstpayment": 5}),
        ("registrants.update", _) => json!({"auto_renew": false}),
        ("clock.update", _) => json!({"now": "2027-01-31T09:00:00Z"}),
        ("settings.update", _) => json!({"invoice_days": 9}),
        ("tickets.create", "billmora") => {
            json!({"user_id": customer, "subject": "x", "department": "Support", "priority": "low", "message": "x"})
        }
        ("tickets.create", _) => json!({"customer_id": customer, "subject": "x", "message": "x", "department_id": 1}),
        ("tickets.update", _) => json!({"priority": if row.dialect.name() == "billmora" { "low" } else { "Low" }}),
        ("tickets.reply", _) => json!({"message": "touched"}),
        ("departments.create", _) => json!({"name": "X"}),
        ("departments.update", _) => json!({"name": "touched"}),
        ("leads.create", _) => json!({"first_name": "X", "last_name": "Y", "email": "lead@x.example"}),
        ("leads.update", _) => json!({"notes": "touched"}),
        ("customers.authenticate", _) => json!({"login": "nobody", "password": "nothing"}),
        ("payment_terms.create", _) => json!({"name": "X", "grace_period": 14}),
        ("tax_profiles.create", _) => json!({"name": "X"}),
        ("payment_terms.update" | "tax_profiles.update", _) => json!({"name": "touched"}),
        ("tax_profiles.calculate", _) => json!({"amountGross": 118, "taxes": [{"priority": 1, "value": 18}]}),
        ("tax_rates.create", "jerasoft") => json!({"name": "X", "value": 3, "taxes_profiles_id": 1}),
        ("payment_profiles.create", _) => {
            json!({"clients_id": customer, "payment_systems_id": 1, "external_id": "cus_1"})
        }
        ("payment_profiles.update", _) => json!({"title": "touched"}),
        ("webhooks.create", _) => json!({"url": "https://x.example/", "events": ["*"]}),
        ("webhooks.update", _) => json!({"description": "touched"}),
        ("gateways.create", _) => json!({"name": "X", "account_id": 1}),
        ("gateways.update", _) => json!({"name": "touched"}),
        ("leads.capture", _) => json!({"first_name": "X", "last_name": "Y", "email": "form@x.example"}),
        ("customers.create", _) if row.path == "/api/v2/customer" => json!({"account": "X", "owner_id": 0}),
        ("users.create", _) if row.path == "/api/v2/user" => {
            json!({"username": "old", "fullname": "Old", "password": "long enough", "user_type": 4})
        }
        ("invoices.create", _) if row.path == "/api/v2/invoice" => json!({"cid": customer, "idate": "2026-02-01",
            "duedate": "days15", "discount_type": "p", "discount_amount": 10,
            "items": [{"description": "x", "qty": 2, "amount": 5}]}),
        ("transactions.create", _) if row.path == "/api/v2/income" => {
            json!({"amount": 5, "description": "x", "category": "Sales"})
        }
        ("suppliers.create", _) => json!({"name": "X", "email": "supplier@x.example"}),
        ("suppliers.update", _) => json!({"notes": "touched"}),
        ("purchases.create", _) => {
            json!({"supplier_id": 1, "items": [{"description": "x", "amount": 5, "qty": 2, "tax_rate": 10}]})
        }
        ("purchases.update", _) => json!({"notes": "touched"}),
        ("purchases.receive", _) => json!({"items": [{"line": 1, "qty": 1}]}),
        // Reports write nothing; what they could leak is a name.
        ("reports.xdrs_list", _) => json!({"return_fields": ["subscriber_host", "subscriber_id", "billed_clients_id"]}),
        ("reports.origterm", _) => json!({"return_fields": ["services_id", "orig_clients_id", "volume_total"]}),
        ("reports.active_sessions", _) => {
            json!({"return_fields": ["session_id", "orig_clients_name", "orig_accounts_name", "duration"]})
        }
        ("users.create", "jerasoft") => json!({"login": "new", "password": "long enough", "companies_id": reseller}),
        ("users.create", _) => {
            json!({"name": "New", "email": "new@staff.example", "password": "long enough", "role": "viewer",
                "reseller_id": reseller})
        }
        ("users.update", _) => json!({"name": "touched"}),
        ("credentials.create", _) if row.path.ends_with("tokens") => json!({"name": "X", "abilities": ["users.view"]}),
        ("credentials.create", _) => json!({"label": "X"}),
        ("credentials.update", _) if row.path.contains("tokens") => json!({"name": "touched"}),
        ("credentials.update", _) => json!({"label": "touched"}),
        ("resellers.create", _) => json!({"name": "X", "parent_companies_id": reseller}),
        ("resellers.update", _) => json!({"name": "touched"}),
        (_, _) => return None,
    })
}
