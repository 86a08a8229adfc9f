//! Making credentials, changing, rotating and revoking them.

use chrono::Duration;

use crate::domain::records::{Drawer, Stamps, find, put, remove};
use crate::domain::tenants::own as own_tenant;
use crate::domain::users::credentials::entity::{ApiCredential, KEY_LIMIT, TOKEN_LIMIT};
use crate::domain::users::credentials::held::{Held, MOST};
use crate::domain::users::credentials::list::{Shown, own, with_use};
use crate::domain::users::entity::User;
use crate::machinery::changes::Changes;
use crate::machinery::credential::Kind;
use crate::machinery::keys::{self, CREDENTIAL};
use crate::machinery::operation::{Context, Done, Op, Scope};
use crate::machinery::outside::Outside;
use crate::words::error::{Error, Result, Told, Violation};
use crate::words::patch::Patch;
use crate::words::time::Instant;

/// How long the secret before is accepted when nothing else is said, in seconds: a day.
pub const OVERLAP: i64 = 24 * 3600;
/// The longest such time, in seconds: thirty days.
pub const LONGEST_OVERLAP: i64 = 30 * 24 * 3600;
/// Random characters of a secret.
const LENGTH: usize = 40;
/// Characters shown of a secret, to tell it from others.
const HINT: usize = 4;

/// Make a credential; its secret is in the answer and nowhere else.
pub static CREATE: Op<Wish, Issued> =
    Op::write("credentials.create", "credential", Scope::Reseller, |cx, wish| Box::pin(create(cx, wish)));
/// Change what a credential permits, and where and how long it may be used.
pub static UPDATE: Op<Update, Shown> =
    Op::write("credentials.update", "credential", Scope::Reseller, |cx, update| Box::pin(change(cx, update)));
/// Make its secret anew; the old one is accepted for a while.
pub static ROTATE: Op<(Kind, u64, i64), Issued> =
    Op::write("credentials.rotate", "credential", Scope::Reseller, |cx, (kind, id, overlap)| {
        Box::pin(async move { rotate(cx, own(cx, *kind, *id).await?, *overlap).await })
    });
/// Make the oldest API key of a user anew, or a first one; the old one is accepted for a while.
pub static ROTATE_OF_USER: Op<(u64, i64), Issued> =
    Op::write("users.rotate_key", "user", Scope::Reseller, |cx, (id, overlap)| {
        Box::pin(rotate_of_user(cx, *id, *overlap))
    });
/// Revoke a credential at once; the number revoked.
pub static REVOKE: Op<(Kind, u64), u64> =
    Op::write("credentials.revoke", "credential", Scope::Reseller, |cx, (kind, id)| Box::pin(revoke(cx, *kind, *id)));

/// A credential to make.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What it shall be.
    pub kind: Kind,
    /// Whose; the caller's own when missing.
    pub user: Option<u64>,
    /// What it is for.
    pub label: String,
    /// What it permits; of a key what its user's role does, of a token everything, when missing.
    pub abilities: Option<Vec<String>>,
    /// Requests in a window; the kind's own number when missing.
    pub rate_limit: Option<u64>,
    /// The only addresses it may be used from.
    pub addresses: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Instant>,
    /// Whether a client of CloudOnex's older dialect presents it.
    pub legacy: bool,
    /// Whether its requests must be signed.
    pub signed: bool,
}

impl Wish {
    /// A key of a user that permits everything.
    pub fn of(user: u64) -> Self {
        Self { user: Some(user), abilities: Some(vec!["*".into()]), ..Self::default() }
    }
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            kind: Kind::Key,
            user: None,
            label: String::new(),
            abilities: None,
            rate_limit: None,
            addresses: Vec::new(),
            expires_at: None,
            legacy: false,
            signed: false,
        }
    }
}

/// What to change: what is not mentioned stays.
#[derive(Debug, Clone)]
pub struct Update {
    /// The credential.
    pub id: u64,
    /// Its kind.
    pub kind: Kind,
    /// What it is for.
    pub label: Option<String>,
    /// What it permits.
    pub abilities: Option<Vec<String>>,
    /// Requests in a window.
    pub rate_limit: Option<u64>,
    /// The only addresses it may be used from.
    pub addresses: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Patch<Instant>,
    /// Whether a client of CloudOnex's older dialect presents it.
    pub legacy: Option<bool>,
}

/// A credential with its secret, which is shown this once.
pub struct Issued {
    /// The credential.
    pub shown: Shown,
    /// What a client presents: a key, or `<id>|<secret>`.
    pub secret: String,
    /// What it signs its requests with, where it must.
    pub signing_secret: Option<String>,
}

/// Random letters and digits. A byte that would favour some of them is thrown away.
fn random_text(outside: &Outside, letters: &[u8]) -> String {
    let whole = u8::try_from(256 - 256 % letters.len()).unwrap_or(u8::MAX);
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let drawn = outside.random::<64>().into_iter().filter(|byte| *byte < whole);
        let letters =
            drawn.filter_map(|byte| letters.get(usize::from(byte) % letters.len()).map(|one| char::from(*one)));
        text.extend(letters.take(LENGTH - text.len()));
    }
    text
}

/// A secret as its kind has it: a key is letters and digits (contract cloudonex §2); a token's secret ends in the
/// CRC-32 of the rest (contract billmora §2.2).
fn new_secret(outside: &Outside, kind: Kind) -> String {
    match kind {
        Kind::Token => {
            let text = random_text(outside, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
            let check = crc32fast::hash(text.as_bytes());
            format!("{text}{check:08x}")
        }
        Kind::Key | Kind::Session => random_text(outside, b"abcdefghijklmnopqrstuvwxyz0123456789"),
    }
}

fn hint(secret: &str) -> String {
    secret.get(secret.len().saturating_sub(HINT)..).unwrap_or_default().to_owned()
}

/// Who may do less cannot make what may do more. A token's abilities are Billmora's words, whose users are customers:
/// they cannot be held against a key's, so that tokens are made by those who may do everything.
fn may_give(cx: &Context, kind: Kind, abilities: &[String]) -> Result<()> {
    if kind == Kind::Token {
        return cx.caller.must_be_permitted("*");
    }
    match abilities.iter().find(|ability| !cx.caller.abilities.permit(ability)) {
        None => Ok(()),
        Some(more) => Err(Error::told(Told::AbilityMissing(more.clone()))),
    }
}

/// A new credential of a user, as changes of one commit. `ids` must have been opened for credentials.
pub(crate) fn issue(cx: &Context, changes: &mut Changes, ids: &mut Drawer, user: &User, wish: &Wish) -> Result<Issued> {
    let (name, limit, all) = match wish.kind {
        Kind::Token => ("token", TOKEN_LIMIT, vec!["*".to_owned()]),
        Kind::Key | Kind::Session => ("api-key", KEY_LIMIT, user.role.permissions()),
    };
    let abilities = wish.abilities.clone().unwrap_or(all);
    may_give(cx, wish.kind, &abilities)?;
    let id = ids.next(CREDENTIAL);
    let secret = new_secret(&cx.outside, wish.kind);
    let one = ApiCredential {
        stamps: Stamps::new(id, cx.now),
        kind: wish.kind,
        user: user.stamps.id,
        reseller: user.reseller,
        label: wish.label.clone(),
        name: format!("{name}-{id}"),
        abilities,
        rate_limit: wish.rate_limit.unwrap_or(limit),
        addresses: wish.addresses.clone(),
        expires_at: wish.expires_at,
        legacy: wish.legacy,
        signing: wish.signed.then(|| cx.outside.fresh_id()),
        digest: cx.secret.digest(&secret),
        hint: hint(&secret),
        rotated_at: None,
        before: None,
    };
    changes.insert(keys::credential(&one.digest), &one.stored(cx.tenant(), user, &one.digest))?;
    let one = put(cx, changes, None, one, "credential.created")?;
    Ok(issued(cx, one, &secret))
}

fn issued(cx: &Context, one: ApiCredential, secret: &str) -> Issued {
    let secret = match one.kind {
        Kind::Token => format!("{}|{secret}", one.stamps.id),
        Kind::Key | Kind::Session => secret.to_owned(),
    };
    let signing_secret = one.signing.as_ref().map(|nonce| cx.secret.signing_key(nonce));
    Issued { shown: with_use(one, None, cx.wall), secret, signing_secret }
}

/// The user whose credential this is or shall be, as the caller may see it.
async fn user_of(cx: &Context, id: u64) -> Result<User> {
    let missing = |_| Error::from(Violation::missing("user", "users", id));
    find::<User>(cx, id).await.map(|(_, user)| user).map_err(missing)
}

/// The new credential's user is checked in the commit: whoever changes the user meanwhile is seen.
fn guard(cx: &Context, changes: &mut Changes, user: &User) {
    changes.check(keys::user(cx.tenant(), user.stamps.id), user.stamps.version);
}

async fn create(cx: &Context, wish: &Wish) -> Result<Done<Issued>> {
    let tenant = own_tenant(cx).await?;
    let user = match wish.user.or((cx.caller.user > 0).then_some(cx.caller.user)) {
        Some(id) => user_of(cx, id).await?,
        None => return Err(Error::field("user", crate::words::error::Rule::Required)),
    };
    let mut changes = Changes::default();
    let mut ids = Drawer::open(cx, &[CREDENTIAL]).await?;
    if Held::of(cx, user.stamps.id).await?.0.len() >= MOST {
        let text = format!("A user of {} has at most {MOST} API keys and tokens", tenant.name);
        return Err(Error::refused("too_many_credentials", text));
    }
    let issued = issue(cx, &mut changes, &mut ids, &user, wish)?;
    ids.into_changes(cx, &mut changes);
    guard(cx, &mut changes, &user);
    Ok(Done::changed(issued, changes))
}

async fn change(cx: &Context, update: &Update) -> Result<Done<Shown>> {
    let before = own(cx, update.kind, update.id).await?;
    let user = user_of(cx, before.user).await?;
    let mut after = before.clone();
    after.label = update.label.clone().unwrap_or(after.label);
    if let Some(abilities) = &update.abilities {
        may_give(cx, update.kind, abilities)?;
        after.abilities.clone_from(abilities);
    }
    after.rate_limit = update.rate_limit.unwrap_or(after.rate_limit);
    after.addresses = update.addresses.clone().unwrap_or(after.addresses);
    update.expires_at.clone().apply(&mut after.expires_at);
    after.legacy = update.legacy.unwrap_or(after.legacy);
    let mut changes = Changes::default();
    if after != before {
        for digest in after.digests(cx.wall) {
            changes.write(keys::credential(digest), &after.stored(cx.tenant(), &user, digest))?;
        }
        guard(cx, &mut changes, &user);
    }
    let after = put(cx, &mut changes, Some(&before), after, "credential.updated")?;
    Ok(Done::changed(with_use(after, None, cx.wall), changes))
}

async fn rotate(cx: &Context, before: ApiCredential, overlap: i64) -> Result<Done<Issued>> {
    let user = user_of(cx, before.user).await?;
    may_give(cx, before.kind, &before.abilities)?;
    let secret = new_secret(&cx.outside, before.kind);
    let until = cx.wall + Duration::seconds(overlap);
    let after = ApiCredential {
        digest: cx.secret.digest(&secret),
        hint: hint(&secret),
        rotated_at: Some(cx.wall),
        before: (overlap > 0).then(|| (before.digest.clone(), until)),
        ..before.clone()
    };
    let mut changes = Changes::default();
    changes.insert(keys::credential(&after.digest), &after.stored(cx.tenant(), &user, &after.digest))?;
    match &after.before {
        Some((old, _)) => changes.write(keys::credential(old), &after.stored(cx.tenant(), &user, old))?,
        None => changes.erase(keys::credential(&before.digest)),
    }
    // One that was rotated away before is over now: two secrets are enough.
    if let Some((older, _)) = &before.before {
        changes.erase(keys::credential(older));
    }
    guard(cx, &mut changes, &user);
    let after = put(cx, &mut changes, Some(&before), after, "credential.rotated")?;
    Ok(Done::changed(issued(cx, after, &secret), changes))
}

async fn rotate_of_user(cx: &Context, id: u64, overlap: i64) -> Result<Done<Issued>> {
    let (_, user) = find::<User>(cx, id).await?;
    let first = Held::of(cx, id).await?.0.into_iter().find(|one| one.kind == Kind::Key);
    if let Some(first) = first {
        return rotate(cx, first, overlap).await;
    }
    let mut changes = Changes::default();
    let mut ids = Drawer::open(cx, &[CREDENTIAL]).await?;
    let wish = Wish { label: "API key".into(), ..Wish::of(id) };
    let issued = issue(cx, &mut changes, &mut ids, &user, &wish)?;
    ids.into_changes(cx, &mut changes);
    guard(cx, &mut changes, &user);
    Ok(Done::changed(issued, changes))
}

async fn revoke(cx: &Context, kind: Kind, id: u64) -> Result<Done<u64>> {
    let one = own(cx, kind, id).await?;
    let mut changes = Changes::default();
    for digest in [Some(&one.digest), one.before.as_ref().map(|(digest, _)| digest)].into_iter().flatten() {
        changes.erase(keys::credential(digest));
    }
    remove(cx, &mut changes, &one, "credential.revoked")?;
    Ok(Done::changed(1, changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_of_their_kinds_form_and_differ() {
        let outside = Outside::real();
        let token = new_secret(&outside, Kind::Token);
        let (text, check) = token.split_at(LENGTH);
        assert_eq!((token.len(), format!("{:08x}", crc32fast::hash(text.as_bytes())).as_str()), (48, check));
        let key = new_secret(&outside, Kind::Key);
        assert!(key.len() == 40 && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{key}");
        assert_ne!(key, new_secret(&outside, Kind::Key));
        // The example every implementation of this polynomial gives.
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }
}
