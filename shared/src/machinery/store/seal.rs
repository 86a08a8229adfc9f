//! The seal of an item: a digest of its key and all that it says, written with it by the commit.
//!
//! Whoever changes an item without a commit (by hand in a console, by a script, by a faulty disk) leaves a seal that
//! does not fit, which [`verify`](crate::domain::reports::verify) names. It has no key: it finds mistakes and careless
//! hands, not somebody who may write to the table and works the seal out anew.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::items::{Item, text, text_of};
use aws_sdk_dynamodb::types::AttributeValue;

/// The attribute.
pub(super) const SEAL: &str = "seal";
/// How many bytes of the digest are kept: one change in 2^72 is not seen, and few items grow by a write unit for it.
const BYTES: usize = 9;

/// Whether an item is as a commit wrote it; `None` of one without a seal: counters are added to, and so have none.
pub fn is_intact(item: &Item) -> Option<bool> {
    text_of(item, SEAL).map(|seal| seal == digest(item))
}

/// Seal an item, its key included.
pub(super) fn seal(item: &mut Item) {
    let seal = digest(item);
    item.insert(SEAL.into(), text(&seal));
}

/// Seal an item as a commit does.
pub fn sealed(mut item: Item) -> Item {
    seal(&mut item);
    item
}

fn digest(item: &Item) -> String {
    let mut hash = Sha256::new();
    members(&mut hash, item.iter().filter(|(name, _)| *name != SEAL));
    let whole = hash.finalize();
    URL_SAFE_NO_PAD.encode(whole.get(..BYTES).unwrap_or_default())
}

fn part(hash: &mut Sha256, tag: u8, bytes: &[u8]) {
    hash.update([tag]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// Members in the order of their names, whatever order the store returns them in.
fn members<'i>(hash: &mut Sha256, members: impl Iterator<Item = (&'i String, &'i AttributeValue)>) {
    let mut members: Vec<_> = members.collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    hash.update((members.len() as u64).to_be_bytes());
    for (name, value) in members {
        part(hash, b'k', name.as_bytes());
        one(hash, value);
    }
}

fn set<'i>(hash: &mut Sha256, tag: u8, values: impl Iterator<Item = &'i [u8]>) {
    let mut values: Vec<&[u8]> = values.collect();
    values.sort_unstable();
    part(hash, tag, &(values.len() as u64).to_be_bytes());
    values.iter().for_each(|value| part(hash, tag, value));
}

fn one(hash: &mut Sha256, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => part(hash, b's', text.as_bytes()),
        AttributeValue::N(number) => part(hash, b'n', number.as_bytes()),
        AttributeValue::B(bytes) => part(hash, b'b', bytes.as_ref()),
        AttributeValue::Bool(yes) => part(hash, b't', &[u8::from(*yes)]),
        AttributeValue::Null(_) => part(hash, b'0', &[]),
        AttributeValue::L(list) => {
            part(hash, b'l', &(list.len() as u64).to_be_bytes());
            list.iter().for_each(|value| one(hash, value));
        }
        AttributeValue::M(map) => {
            part(hash, b'm', &[]);
            members(hash, map.iter());
        }
        AttributeValue::Ss(texts) => set(hash, b'S', texts.iter().map(String::as_bytes)),
        AttributeValue::Ns(numbers) => set(hash, b'N', numbers.iter().map(String::as_bytes)),
        AttributeValue::Bs(all) => set(hash, b'B', all.iter().map(AsRef::as_ref)),
        // The SDK may learn of more kinds; none of them is written here.
        _ => part(hash, b'?', &[]),
    }
}
