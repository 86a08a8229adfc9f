//! Writing tickets: ask, answer, change, delete.

use crate::domain::books::Books;
use crate::domain::customers::Customer;
use crate::domain::records::{Drawer, Stamps, find, put, remove};
use crate::domain::support::tickets::entity::{Author, Message, Priority, Status, Ticket};
use crate::domain::support::tickets::list::{Whole, said, whole};
use crate::domain::tenants::{TenantRecord, of_item};
use crate::machinery::changes::Changes;
use crate::machinery::keys::{self, CUSTOMER, TICKET, TICKET_MESSAGE};
use crate::machinery::operation::{Context, Done, Op, Scope, Working};
use crate::machinery::store::record;
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::patch::Patch;

/// Ask something.
pub static CREATE: Op<New, Whole> =
    Op::write("tickets.create", "ticket", Scope::Reseller, |cx, new| Box::pin(create(cx, new))).also(also);
/// Change a ticket.
pub static UPDATE: Op<Update, Whole> =
    Op::write("tickets.update", "ticket", Scope::Reseller, |cx, update| Box::pin(change(cx, update)));
/// Say something to a ticket. What the customer says opens it again.
pub static REPLY: Op<Reply, Whole> =
    Op::write("tickets.reply", "ticket", Scope::Reseller, |cx, reply| Box::pin(answer(cx, reply)));
/// Delete a ticket; the number deleted. What was said to it is kept with what refers to it.
pub static DELETE: Op<u64, u64> =
    Op::write("tickets.delete", "ticket", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// A way to name a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Department {
    /// One of the tenant's.
    Id(u64),
    /// Any name; where it is that of one of the tenant's, it is that one.
    Named(String),
}

/// A ticket to make.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// Who asks.
    pub customer: u64,
    /// What it is about.
    pub subject: String,
    /// The first message, the customer's.
    pub message: String,
    /// Whom it is for.
    pub department: Option<Department>,
    /// How much it presses.
    pub priority: Priority,
}

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The ticket.
    pub id: u64,
    /// What it is about.
    pub subject: Option<String>,
    /// Whom it is for.
    pub department: Patch<Department>,
    /// How much it presses.
    pub priority: Option<Priority>,
    /// Where it shall stand.
    pub status: Option<Status>,
    /// Who looks after it.
    pub assigned_to: Patch<u64>,
}

/// Something to say.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// To which ticket.
    pub id: u64,
    /// What.
    pub message: String,
    /// Whether the customer says it, and not the staff.
    pub by_customer: bool,
}

/// What a ticket refers to, and which of it is not there.
struct Found {
    tenant: TenantRecord,
    customer: Option<Customer>,
    department: Option<(Option<u64>, String)>,
    faults: Vec<Violation>,
}

async fn references(
    cx: &Context,
    customer: Option<u64>,
    department: Option<&Department>,
    assigned: Option<u64>,
) -> Result<Found> {
    let t = cx.tenant();
    let mut wanted = vec![keys::tenant(t), keys::books(t)];
    wanted.extend(customer.map(|id| keys::row(t, CUSTOMER, id)));
    wanted.extend(assigned.map(|id| keys::user(t, id)));
    let mut items = cx.store.get_items(&wanted).await?.into_iter();
    let tenant = of_item(cx, items.next().flatten())?;
    let books = Books::of_item(items.next().flatten())?;
    let reach = tenant.reach(&cx.caller);
    let mut found = Found { customer: None, department: None, faults: Vec::new(), tenant };
    if let Some(id) = customer {
        let one: Option<Customer> = items.next().flatten().map(record).transpose()?;
        found.customer = one.filter(|one| reach.covers(one.reseller));
        if found.customer.is_none() {
            found.faults.push(Violation::missing("customer", "customers", id));
        }
    }
    found.department = match department {
        None => None,
        Some(Department::Named(name)) => {
            Some((books.department_named(name).map(|one| one.meta.id), name.trim().to_owned()))
        }
        Some(Department::Id(id)) => match books.department(*id) {
            Some(one) => Some((Some(*id), one.meta.name.clone())),
            None => {
                found.faults.push(Violation::missing("department", "departments", id));
                None
            }
        },
    };
    if let Some(id) = assigned
        && items.next().flatten().is_none()
    {
        found.faults.push(Violation::missing("assigned_to", "users", id));
    }
    Ok(found)
}

fn also<'a>(cx: &'a Context, new: &'a New) -> Working<'a, Vec<Violation>> {
    Box::pin(async move { Ok(references(cx, Some(new.customer), new.department.as_ref(), None).await?.faults) })
}

async fn create(cx: &Context, new: &New) -> Result<Done<Whole>> {
    let found = references(cx, Some(new.customer), new.department.as_ref(), None).await?;
    let (Some(customer), true) = (&found.customer, found.faults.is_empty()) else {
        return Err(Error::told(Told::Invalid(found.faults)));
    };
    let mut ids = Drawer::open(cx, &[TICKET, TICKET_MESSAGE]).await?;
    let (department_id, department) = found.department.clone().map_or((None, None), |(id, name)| (id, Some(name)));
    let mut ticket = Ticket {
        stamps: Stamps::new(ids.next(TICKET), cx.now),
        customer: new.customer,
        reseller: customer.reseller,
        subject: new.subject.clone(),
        department,
        department_id,
        status: Status::Open,
        priority: new.priority,
        assigned_to: None,
        messages: 0,
        bytes: 0,
        last_reply_at: None,
        closed_at: None,
    };
    ticket.hear(&new.message)?;
    let mut changes = Changes::default();
    changes.check(keys::row(cx.tenant(), CUSTOMER, customer.id), customer.version);
    let message = say(cx, &mut changes, &mut ids, ticket.stamps.id, Author::Customer, &new.message)?;
    ids.into_changes(cx, &mut changes);
    let ticket = put(cx, &mut changes, None, ticket, "ticket.created")?;
    Ok(Done::changed(whole(cx, &found.tenant, ticket, vec![message]).await?, changes))
}

fn say(
    cx: &Context,
    changes: &mut Changes,
    ids: &mut Drawer,
    ticket: u64,
    author: Author,
    text: &str,
) -> Result<Message> {
    let message = Message { id: ids.next(TICKET_MESSAGE), ticket, author, text: text.to_owned(), at: cx.now };
    changes.insert(keys::ticket_message(cx.tenant(), ticket, message.id), &message)?;
    Ok(message)
}

async fn answer(cx: &Context, reply: &Reply) -> Result<Done<Whole>> {
    let (tenant, before) = find::<Ticket>(cx, reply.id).await?;
    let mut after = before.clone();
    after.hear(&reply.message)?;
    let (author, status) = match reply.by_customer {
        true => (Author::Customer, Status::CustomerReply),
        false => (Author::Staff(cx.caller.user), Status::Answered),
    };
    after.become_(status, cx.now);
    after.last_reply_at = Some(cx.now);
    let mut messages = said(cx, reply.id).await?;
    let mut ids = Drawer::open(cx, &[TICKET_MESSAGE]).await?;
    let mut changes = Changes::default();
    messages.push(say(cx, &mut changes, &mut ids, reply.id, author, &reply.message)?);
    ids.into_changes(cx, &mut changes);
    let after = put(cx, &mut changes, Some(&before), after, "ticket.replied")?;
    Ok(Done::changed(whole(cx, &tenant, after, messages).await?, changes))
}

async fn change(cx: &Context, update: &Update) -> Result<Done<Whole>> {
    let (tenant, before) = find::<Ticket>(cx, update.id).await?;
    let found = references(cx, None, update.department.value(), update.assigned_to.value().copied()).await?;
    if !found.faults.is_empty() {
        return Err(Error::told(Told::Invalid(found.faults)));
    }
    let mut after = before.clone();
    after.subject = update.subject.clone().unwrap_or(after.subject);
    match (&update.department, found.department) {
        (Patch::Set(_), Some((id, name))) => (after.department_id, after.department) = (id, Some(name)),
        (Patch::Clear, _) => (after.department_id, after.department) = (None, None),
        (Patch::Set(_) | Patch::Keep, _) => {}
    }
    after.priority = update.priority.unwrap_or(after.priority);
    update.assigned_to.clone().apply(&mut after.assigned_to);
    if let Some(status) = update.status {
        after.become_(status, cx.now);
    }
    let messages = said(cx, update.id).await?;
    let closed = after.status == Status::Closed && before.status != Status::Closed;
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, if closed { "ticket.closed" } else { "ticket.updated" })?;
    Ok(Done::changed(whole(cx, &tenant, after, messages).await?, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, ticket) = find::<Ticket>(cx, id).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &ticket, "ticket.deleted")?;
    Ok(Done::changed(1, changes))
}
