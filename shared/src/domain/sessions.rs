//! Signing in: a login and a password for a token.
//!
//! A login need not be unique over all tenants. It may be written `<tenant>/<login>`; without the tenant,
//! everybody with that login is tried, and the password decides. When it fits users of several tenants,
//! nobody is signed in: which one was meant, only the qualified login can say.
//!
//! Whoever fails learns nothing: an unknown login costs a password check too, and the words are the same.
//! Attempts are counted per login as it was written, with its tenant or without.

use crate::domain::users::User;
use crate::machinery::caller::{Abilities, Tenant};
use crate::machinery::changes::Changes;
use crate::machinery::credential::{Credential, Kind, OF_A_PERSON, password_fits, sign_jwt};
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::secrets::{hex, sha256};
use crate::machinery::store::{Counted, Range, Size, text_of};
use crate::words::error::{Error, Result, Stranger, Told};
use crate::words::limit::Span;
use crate::words::time::Instant;

const ENTITY: &str = "session";
/// Attempts with one login in [`ATTEMPT_SECONDS`].
const MOST_ATTEMPTS: u64 = 30;
/// The window attempts are counted in.
const ATTEMPT_SECONDS: i64 = 60;
/// The most users, of different tenants, that one login is tried for.
const MOST_NAMESAKES: u64 = 8;
/// Seconds a RackNap token is accepted (contract racknap §3).
const TOKEN_SECONDS: i64 = 3600;
/// Requests in a window of a session; RackNap documents no limit, so nothing counts it.
const UNLIMITED: u64 = 1_000_000_000;
/// Requests in an hour of a session for a person: a page of the console asks for up to 20 things.
const PERSONS_LIMIT: u64 = 5000;

/// Exchange login and password for a signed token.
pub static AUTHENTICATE: Op<SignIn, Signed> =
    Op::read("sessions.authenticate", ENTITY, Scope::Open, |cx, input| Box::pin(authenticate(cx, input)));
/// Exchange a signed token for a new one. The old one goes on being accepted until it is over.
pub static REFRESH: Op<(), Signed> =
    Op::read("sessions.refresh", ENTITY, Scope::Tenant, |cx, ()| Box::pin(refresh(cx)));
/// Exchange login and password for an opaque token.
pub static TOKEN: Op<SignIn, Issued> =
    Op::write("sessions.token", ENTITY, Scope::Open, |cx, input| Box::pin(token(cx, input)));
/// Exchange login and password for a session of a person, who may do in it what the user's role permits.
pub static OPEN: Op<SignIn, Issued> =
    Op::write("sessions.open", ENTITY, Scope::Open, |cx, input| Box::pin(open(cx, input)));

/// Who wants to sign in.
#[derive(Clone, Default)]
pub struct SignIn {
    /// The login, `<tenant>/<login>` where it is not unique.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A signed token.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The token.
    pub token: String,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Instant,
    /// The zone to write that in: the user's.
    pub zone: crate::words::time::Zone,
}

/// An opaque token.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token, shown this once.
    pub token: String,
    /// Seconds it is accepted.
    pub expires_in: i64,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Instant,
    /// What it permits.
    pub abilities: Abilities,
    /// Whose it is. Times are written in their zone, and their reseller is the partner it acts for.
    pub user: User,
    /// Whether it is one of a sandbox, where the tenant's clock can be set.
    pub in_sandbox: bool,
}

async fn authenticate(cx: &Context, input: &SignIn) -> Result<Done<Signed>> {
    let (tenant, user) = signed_in(cx, input).await?;
    Ok(Done::read(signed(cx, &tenant, user.stamps.id, user.zone)?))
}

async fn refresh(cx: &Context) -> Result<Done<Signed>> {
    Ok(Done::read(signed(cx, cx.tenant(), cx.caller.user, cx.zone)?))
}

fn signed(cx: &Context, tenant: &Tenant, user: u64, zone: crate::words::time::Zone) -> Result<Signed> {
    let (token, exp) = sign_jwt(tenant, user, cx.wall, &cx.outside, &cx.secret);
    Ok(Signed { token, expires_at: at(exp)?, zone })
}

async fn token(cx: &Context, input: &SignIn) -> Result<Done<Issued>> {
    let (tenant, user) = signed_in(cx, input).await?;
    issue(cx, tenant, user, "", Abilities::all(), UNLIMITED)
}

async fn open(cx: &Context, input: &SignIn) -> Result<Done<Issued>> {
    let (tenant, user) = signed_in(cx, input).await?;
    let abilities = Abilities(user.role.permissions().into_iter().collect());
    issue(cx, tenant, user, OF_A_PERSON, abilities, PERSONS_LIMIT)
}

/// A new session of a user. `form` is what its token begins with.
fn issue(
    cx: &Context,
    tenant: Tenant,
    user: User,
    form: &str,
    abilities: Abilities,
    rate_limit: u64,
) -> Result<Done<Issued>> {
    let token = format!("{form}{}", hex(&cx.outside.random::<32>()));
    let digest = cx.secret.digest(&token);
    let expires_at = cx.wall.timestamp() + TOKEN_SECONDS;
    let credential = Credential {
        kind: Kind::Session,
        digest: digest.clone(),
        tenant: tenant.clone(),
        user: user.stamps.id,
        name: format!("session-{}", digest.get(..8).unwrap_or_default()),
        token_id: None,
        reseller: user.reseller,
        abilities: abilities.0.iter().cloned().collect(),
        zone: user.zone,
        rate_limit,
        suspended: false,
        legacy: false,
        signing: None,
        networks: None,
        issued_at: Some(cx.wall.timestamp()),
        addresses: None,
        expires_at: Some(expires_at),
        expires: Some(expires_at + TOKEN_SECONDS),
    };
    let mut changes = Changes { on_behalf: Some(tenant), ..Changes::default() };
    changes.insert(keys::credential(&digest), &credential)?;
    let (expires_at, in_sandbox) = (at(expires_at)?, cx.outside.is_sandbox());
    let issued = Issued { token, expires_in: TOKEN_SECONDS, expires_at, abilities, user, in_sandbox };
    Ok(Done::changed(issued, changes))
}

fn at(seconds: i64) -> Result<Instant> {
    Instant::from_timestamp(seconds, 0).ok_or_else(|| Error::internal("an instant is out of range"))
}

/// The one user that login and password fit.
async fn signed_in(cx: &Context, input: &SignIn) -> Result<(Tenant, User)> {
    let (wanted, login) = match input.login.split_once('/') {
        Some((tenant, login)) => (Some(tenant), login),
        None => (None, input.login.as_str()),
    };
    count_attempt(cx, &input.login).await?;
    let range = Range { limit: Some(MOST_NAMESAKES), ..Range::whole(keys::logins(login)) };
    let namesakes: Vec<(Tenant, u64)> =
        cx.store.query(&range).await?.iter().filter_map(|item| namesake(text_of(item, "SK")?)).collect();
    let wanted: Vec<_> =
        namesakes.into_iter().filter(|(tenant, _)| wanted.is_none_or(|id| id == tenant.id())).collect();
    let places: Vec<_> = wanted.iter().map(|(tenant, user)| keys::user(tenant, *user)).collect();
    let items = if places.is_empty() { Vec::new() } else { cx.store.get_items(&places).await? };
    let mut fitting = Vec::new();
    for ((tenant, _), item) in wanted.into_iter().zip(items) {
        let Some(item) = item else { continue };
        let user: User = crate::machinery::store::record(item)?;
        if fits(&input.password, &user.password_hash).await? && user.active {
            fitting.push((tenant, user));
        }
    }
    if places.is_empty() {
        // As long as a known login takes, so that the time does not tell.
        fits(&input.password, NOBODYS_HASH).await?;
    }
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Error::stranger(Stranger::BadLogin)),
    }
}

/// The hash of a password that nobody knows.
pub(crate) const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$6ZkHyPMpB8RR3jrqCJdD6dhTWA5q0VpEBTsYHcHgKX0";

/// Takes tens of milliseconds of CPU, so it has a thread of its own.
pub(crate) async fn fits(password: &str, hash: &str) -> Result<bool> {
    let (password, hash) = (password.to_owned(), hash.to_owned());
    let checked = tokio::task::spawn_blocking(move || password_fits(&password, &hash)).await;
    checked.map_err(|e| Error::internal(format!("a password could not be checked: {e}")))
}

fn namesake(sk: &str) -> Option<(Tenant, u64)> {
    let (tenant, user) = sk.split_once('#')?;
    Some((Tenant::named(tenant)?, user.parse().ok()?))
}

pub(crate) async fn count_attempt(cx: &Context, login: &str) -> Result<()> {
    let digest = sha256(login.to_lowercase().as_bytes());
    let span = Span::of(ATTEMPT_SECONDS, &digest);
    let now = cx.wall.timestamp();
    let size = Size::Fixed(MOST_ATTEMPTS, now + 2 * ATTEMPT_SECONDS);
    match cx.store.count(&keys::attempts(&digest), span.window(now), now, size).await? {
        Counted::Refused(_, window) => {
            Err(Error::told(Told::TooMany(span.state(window, now, MOST_ATTEMPTS, MOST_ATTEMPTS))))
        }
        Counted::Within(..) | Counted::Unknown => Ok(()),
    }
}
