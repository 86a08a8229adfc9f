//! What webhooks may be told of: events under the names that subscribers know (contract cloudonex §9).
//!
//! A change tells of itself under one name, whichever dialect asked for it. Some names are told under another one
//! besides: a payment received is a transaction created.

/// A kind of object that events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Its name, the first word of its events.
    pub name: &'static str,
    /// What looking at it is called in permissions.
    pub permission: &'static str,
    /// The second words of its events.
    events: &'static [&'static str],
}

const MADE: &[&str] = &["created", "updated", "deleted"];

/// Every kind of object that has events.
pub const OBJECTS: &[Object] = &[
    object("customer", "customers.view", &["created", "updated", "archived", "deleted"]),
    object("invoice", "invoices.view", &["created", "updated", "paid", "deleted"]),
    object("transaction", "transactions.view", MADE),
    object("payment", "transactions.view", &["received"]),
    object("refund", "transactions.view", &["created"]),
    object("credit_note", "transactions.view", MADE),
    object("debit_note", "transactions.view", MADE),
    object(
        "quote",
        "quotes.view",
        &["created", "updated", "sent", "accepted", "declined", "expired", "converted", "deleted"],
    ),
    object("order", "orders.view", &["created", "updated", "completed", "deleted"]),
    object(
        "service",
        "services.view",
        &["created", "updated", "activated", "suspended", "unsuspended", "terminated", "deleted"],
    ),
    object("registrant", "registrants.view", MADE),
    object("product", "products.view", MADE),
    object("ticket", "tickets.view", &["created", "replied", "updated", "closed", "deleted"]),
    object("lead", "leads.view", &["created", "updated", "converted", "deleted"]),
    object("supplier", "suppliers.view", MADE),
    object("purchase", "purchases.view", &["created", "updated", "received", "deleted"]),
];

/// The event by which a webhook is tried out; nobody subscribes to it.
pub const TEST: &str = "webhook.test";

const fn object(name: &'static str, permission: &'static str, events: &'static [&'static str]) -> Object {
    Object { name, permission, events }
}

/// Every event that can be subscribed to.
pub fn names() -> Vec<String> {
    let all = OBJECTS.iter().flat_map(|object| object.events.iter().map(|event| format!("{}.{event}", object.name)));
    all.collect()
}

/// What a subscription may say: an event, all of an object's (`invoice.*`), or all (`*`).
pub fn is_subscription(text: &str) -> bool {
    text == "*" || !objects(text).is_empty()
}

/// Whether a subscription covers an event.
pub fn covers(subscription: &str, event: &str) -> bool {
    let all_of = subscription.strip_suffix(".*");
    subscription == "*"
        || subscription == event
        || all_of.is_some_and(|object| event.split_once('.').is_some_and(|(name, _)| name == object))
}

/// The kinds of object that a subscription is about.
pub fn objects(subscription: &str) -> Vec<&'static Object> {
    let about =
        |object: &&Object| object.events.iter().any(|event| covers(subscription, &format!("{}.{event}", object.name)));
    OBJECTS.iter().filter(about).collect()
}

/// What is told of a change: the events' names, and the object they are about. Money in and out is one series of
/// objects, however it is called.
pub fn published(told: &str) -> (Vec<&str>, Option<&'static Object>) {
    let names: Vec<&str> = match told {
        "payment.received" => vec![told, "transaction.created"],
        "refund.created" => vec![told, "transaction.created"],
        "receipt.updated" | "refund.updated" => vec!["transaction.updated"],
        "product.stock_changed" => vec!["product.updated"],
        "product.archived" => vec!["product.deleted"],
        other => vec![other],
    };
    let object = names.last().and_then(|name| objects(name).first().copied());
    (names, object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_events_can_be_subscribed_to() {
        // Contract cloudonex §9, the seed's two first.
        for name in [
            "invoice.created",
            "payment.received",
            "customer.created",
            "customer.updated",
            "customer.deleted",
            "invoice.updated",
            "invoice.paid",
            "quote.created",
            "ticket.created",
            "lead.created",
            "transaction.created",
        ] {
            assert!(names().iter().any(|known| known == name) && is_subscription(name), "{name}");
        }
        for name in ["", "invoice", "invoice.", "invoice.made", "*.created", ".*", "webhook.test", "credential.created"]
        {
            assert!(!is_subscription(name), "{name}");
        }
        assert!(is_subscription("*") && is_subscription("credit_note.*"));
    }

    #[test]
    fn subscriptions_cover_their_events() {
        assert!(covers("*", "lead.created") && covers("invoice.*", "invoice.paid"));
        assert!(!covers("invoice.*", "invoices.paid") && !covers("invoice.paid", "invoice.created"));
        assert_eq!(objects("invoice.*").len(), 1);
        assert_eq!(objects("*").len(), OBJECTS.len());
    }

    #[test]
    fn money_is_one_series_of_objects() {
        let (names, object) = published("payment.received");
        assert_eq!(
            (names, object.map(|one| one.name)),
            (vec!["payment.received", "transaction.created"], Some("transaction"))
        );
        assert_eq!(published("receipt.updated").1.map(|one| one.name), Some("transaction"));
        assert_eq!(published("invoice.paid").1.map(|one| one.name), Some("invoice"));
        assert_eq!(published("numbering.updated").1, None);
    }
}
