//! Reading credentials: everything but their secrets.

use crate::domain::records::{List, find, search};
use crate::domain::users::credentials::entity::ApiCredential;
use crate::machinery::credential::Kind;
use crate::machinery::dialect::Dialect;
use crate::machinery::keys;
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::store::{Item, number};
use crate::words::error::{Error, Result};
use crate::words::limit::{Span, slot};
use crate::words::page::Page;
use crate::words::time::Instant;

/// List credentials of a kind.
pub static SEARCH: Op<(Kind, List), Page<Shown>> =
    Op::read("credentials.search", "credential", Scope::Reseller, |cx, (kind, list)| Box::pin(all(cx, *kind, list)));
/// Read a credential of a kind.
pub static GET: Op<(Kind, u64), Shown> =
    Op::read("credentials.get", "credential", Scope::Reseller, |cx, (kind, id)| Box::pin(get(cx, *kind, *id)));

/// A credential and when it was last used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The credential.
    pub credential: ApiCredential,
    /// When a request last presented it where requests are counted, UTC; the minute or hour of it is exact, the
    /// second is of the first such request of its window.
    pub last_used_at: Option<Instant>,
    /// Requests that were counted in the window that is running, up to its `rate_limit`.
    pub used: u64,
}

/// A credential of a kind that the caller may see.
pub(super) async fn own(cx: &Context, kind: Kind, id: u64) -> Result<ApiCredential> {
    let (_, found) = find::<ApiCredential>(cx, id).await?;
    if found.kind == kind { Ok(found) } else { Err(Error::not_found("credential", id)) }
}

async fn shown(cx: &Context, credentials: Vec<ApiCredential>) -> Result<Vec<Shown>> {
    let keys: Vec<_> = credentials.iter().map(|one| keys::credential(&one.digest)).collect();
    let items = cx.store.get_items(&keys).await?;
    Ok(credentials.into_iter().zip(items).map(|(one, item)| with_use(one, item.as_ref(), cx.wall)).collect())
}

/// The credential with its use, from the item that counts its requests.
pub(super) fn with_use(credential: ApiCredential, item: Option<&Item>, now: Instant) -> Shown {
    let seconds = item.map_or(0, |item| number(item, "last_used_at"));
    let at = i64::try_from(seconds).ok().filter(|at| *at > 0);
    // A key's windows are CloudOnex's, a token's Billmora's.
    let dialect = if credential.kind == Kind::Token { Dialect::Billmora } else { Dialect::Cloudonex };
    let window = dialect.limit().map(|(seconds, _)| Span::of(seconds, &credential.digest).window(now.timestamp()));
    let running = item.zip(window).filter(|(item, window)| number(item, "window") == *window);
    let used = running.map_or(0, |(item, window)| number(item, &slot(window)));
    Shown { credential, last_used_at: at.and_then(|at| Instant::from_timestamp(at, 0)), used }
}

async fn all(cx: &Context, kind: Kind, list: &List) -> Result<Done<Page<Shown>>> {
    let list = List { statuses: Some(vec![kind.word().to_owned()]), ..list.clone() };
    let (_, Page { rows, total, window }) = search::<ApiCredential>(cx, &list).await?;
    Ok(Done::read(Page { rows: shown(cx, rows).await?, total, window }))
}

async fn get(cx: &Context, kind: Kind, id: u64) -> Result<Done<Shown>> {
    let found = shown(cx, vec![own(cx, kind, id).await?]).await?.pop();
    found.map(Done::read).ok_or_else(|| Error::not_found("credential", id))
}
