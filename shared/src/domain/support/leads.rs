//! Leads: people who may become customers (contract cloudonex §8.7). One that is converted becomes a customer,
//! once, in the commit that says so.

use serde::{Deserialize, Serialize};

use crate::domain::books::Books;
use crate::domain::customers::entity::{Change as CustomerChange, Text};
use crate::domain::customers::shown::Shown as Customer;
use crate::domain::customers::write::{New as NewCustomer, Unique, create as create_customer};
use crate::domain::records::{Drawer, IndexRow, List, Record, Stamps, find, put, remove, search, stamped};
use crate::domain::tenants::{named_or_site, own};
use crate::machinery::caller::Caller;
use crate::machinery::changes::Changes;
use crate::machinery::keys::{Entity, LEAD};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::words::error::{Error, Result, Rule, Told};
use crate::words::page::Page;
use crate::words::patch::Patch;
use crate::words::time::Zone;

/// List leads.
pub static SEARCH: Op<List, Page<Lead>> =
    Op::read("leads.search", "lead", Scope::Reseller, |cx, list| Box::pin(all(cx, list)));
/// Read a lead.
pub static GET: Op<u64, Lead> = Op::read("leads.get", "lead", Scope::Reseller, |cx, id| Box::pin(get(cx, *id)));
/// Make a lead.
pub static CREATE: Op<Change, Lead> =
    Op::write("leads.create", "lead", Scope::Reseller, |cx, new| Box::pin(create(cx, new)));
/// Change a lead.
pub static UPDATE: Op<(u64, Change), Lead> =
    Op::write("leads.update", "lead", Scope::Reseller, |cx, (id, change)| Box::pin(update(cx, *id, change)));
/// Make a customer of a lead, once.
pub static CONVERT: Op<u64, Customer> =
    Op::write("leads.convert", "lead", Scope::Reseller, |cx, id| Box::pin(convert(cx, *id)));
/// Delete a lead; the number deleted.
pub static DELETE: Op<u64, u64> =
    Op::write("leads.delete", "lead", Scope::Reseller, |cx, id| Box::pin(delete(cx, *id)));

/// Make a lead without a credential, where the tenant wants that.
pub static CAPTURE: Op<(Option<String>, Change), Lead> =
    Op::write("leads.capture", "lead", Scope::Open, |cx, (tenant, new)| Box::pin(capture(cx, tenant.as_deref(), new)));

/// How far a lead has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has spoken to them yet.
    #[default]
    New,
    /// Somebody has.
    Contacted,
    /// They are being looked after.
    InProgress,
    /// They want something that is sold here.
    Qualified,
    /// They have been told what it would cost.
    ProposalSent,
    /// They say what they would pay.
    Negotiation,
    /// They bought elsewhere, or nothing.
    Lost,
    /// They are a customer.
    Won,
}

impl Status {
    /// The word, as index rows have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::InProgress => "in_progress",
            Self::Qualified => "qualified",
            Self::ProposalSent => "proposal_sent",
            Self::Negotiation => "negotiation",
            Self::Lost => "lost",
            Self::Won => "won",
        }
    }
}

/// A lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Id, dates and version.
    pub stamps: Stamps,
    /// Whose it is.
    pub reseller: u64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// What they do there.
    pub position: Option<String>,
    /// Where they were heard of.
    pub source: Option<String>,
    /// Street, number, city.
    pub address: Option<String>,
    /// Notes of the staff.
    pub notes: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// The customer it has become.
    pub became: Option<u64>,
}

impl Record for Lead {
    const ENTITY: Entity = LEAD;
    const NAME: &'static str = "lead";
    stamped!();

    fn index_row(&self) -> IndexRow {
        // All that a list is searched in.
        let words = [Some(&self.first_name), Some(&self.last_name), self.company.as_ref(), self.email.as_ref()];
        IndexRow {
            id: self.stamps.id,
            name: words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
            number: self.phone.clone(),
            status: self.status.word().to_owned(),
            reseller: Some(self.reseller),
            at: self.stamps.created_at,
            ..IndexRow::default()
        }
    }
}

/// What to make, or to change: what is not mentioned stays, or is left unset.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// First name; needed to make one.
    pub first_name: Option<String>,
    /// Last name; needed to make one.
    pub last_name: Option<String>,
    /// E-mail address; this or a telephone number is needed.
    pub email: Patch<String>,
    /// Telephone.
    pub phone: Patch<String>,
    /// Company.
    pub company: Patch<String>,
    /// What they do there.
    pub position: Patch<String>,
    /// Where they were heard of.
    pub source: Patch<String>,
    /// Street, number, city.
    pub address: Patch<String>,
    /// Notes of the staff.
    pub notes: Patch<String>,
    /// How far it has come.
    pub status: Option<Status>,
}

impl Change {
    /// The lead as it stands then; refused where nobody could reach them any more.
    fn apply(&self, lead: &mut Lead) -> Result<()> {
        lead.first_name = self.first_name.clone().unwrap_or_else(|| lead.first_name.clone());
        lead.last_name = self.last_name.clone().unwrap_or_else(|| lead.last_name.clone());
        for (patch, field) in [
            (&self.email, &mut lead.email),
            (&self.phone, &mut lead.phone),
            (&self.company, &mut lead.company),
            (&self.position, &mut lead.position),
            (&self.source, &mut lead.source),
            (&self.address, &mut lead.address),
            (&self.notes, &mut lead.notes),
        ] {
            patch.clone().apply(field);
            *field = field.take().filter(|text| !text.is_empty());
        }
        if lead.email.is_none() && lead.phone.is_none() {
            return Err(Error::field("email", Rule::Required));
        }
        match (self.status, lead.became) {
            (Some(status), Some(_)) if status != Status::Won => {
                return Err(Error::refused("lead_converted", "A lead that has become a customer stays won"));
            }
            (status, _) => lead.status = status.unwrap_or(lead.status),
        }
        Ok(())
    }
}

async fn all(cx: &Context, list: &List) -> Result<Done<Page<Lead>>> {
    Ok(Done::read(search(cx, list).await?.1))
}

async fn get(cx: &Context, id: u64) -> Result<Done<Lead>> {
    Ok(Done::read(find(cx, id).await?.1))
}

async fn create(cx: &Context, new: &Change) -> Result<Done<Lead>> {
    let tenant = own(cx).await?;
    let mut ids = Drawer::open(cx, &[LEAD]).await?;
    let mut lead = Lead {
        stamps: Stamps::new(ids.next(LEAD), cx.now),
        reseller: tenant.default_reseller(&cx.caller),
        first_name: String::new(),
        last_name: String::new(),
        email: None,
        phone: None,
        company: None,
        position: None,
        source: None,
        address: None,
        notes: None,
        status: Status::New,
        became: None,
    };
    new.apply(&mut lead)?;
    let mut changes = Changes::default();
    ids.into_changes(cx, &mut changes);
    let lead = put(cx, &mut changes, None, lead, "lead.created")?;
    Ok(Done::changed(lead, changes))
}

/// Off unless the tenant's settings say otherwise; then it is as if there were no such call.
async fn capture(cx: &Context, tenant: Option<&str>, new: &Change) -> Result<Done<Lead>> {
    let no_route = || Error::told(Told::NoRoute);
    let tenant = named_or_site(cx, tenant).await?.ok_or_else(no_route)?;
    let cx = &cx.on_behalf_of(Caller::operator(tenant, "lead-form", Zone::UTC)).await?;
    if !Books::own(cx).await?.settings.lead_capture {
        return Err(no_route());
    }
    let mut done = create(cx, new).await?;
    done.changes.on_behalf = Some(cx.tenant().clone());
    Ok(done)
}

async fn update(cx: &Context, id: u64, change: &Change) -> Result<Done<Lead>> {
    let (_, before) = find::<Lead>(cx, id).await?;
    let mut after = before.clone();
    change.apply(&mut after)?;
    let mut changes = Changes::default();
    let after = put(cx, &mut changes, Some(&before), after, "lead.updated")?;
    Ok(Done::changed(after, changes))
}

/// The customer has the lead's name, addresses and company; its e-mail address must be nobody's yet.
async fn convert(cx: &Context, id: u64) -> Result<Done<Customer>> {
    let (_, before) = find::<Lead>(cx, id).await?;
    if let Some(customer) = before.became {
        return Err(Error::refused("lead_converted", format!("The lead has become customer {customer}")));
    }
    let mut change = CustomerChange {
        first_name: Some(before.first_name.clone()),
        last_name: Some(before.last_name.clone()),
        reseller: Some(before.reseller),
        ..CustomerChange::default()
    };
    for (which, value) in [
        (Text::Email, &before.email),
        (Text::Phone, &before.phone),
        (Text::Company, &before.company),
        (Text::Address, &before.address),
        (Text::Notes, &before.notes),
    ] {
        change.texts.insert(which, value.clone().map_or(Patch::Keep, Patch::Set));
    }
    let unique = Unique { email: true, ..Unique::default() };
    let Done { answer, mut changes, .. } =
        create_customer(cx, &NewCustomer { change, unique, ..NewCustomer::default() }).await?;
    let after = Lead { status: Status::Won, became: Some(answer.customer.id), ..before.clone() };
    put(cx, &mut changes, Some(&before), after, "lead.converted")?;
    Ok(Done::changed(answer, changes))
}

async fn delete(cx: &Context, id: u64) -> Result<Done<u64>> {
    let (_, lead) = find::<Lead>(cx, id).await?;
    let mut changes = Changes::default();
    remove(cx, &mut changes, &lead, "lead.deleted")?;
    Ok(Done::changed(1, changes))
}
