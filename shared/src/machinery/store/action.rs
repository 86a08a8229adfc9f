//! A change as an action of a transaction.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
    Update,
};

use super::Store;
use super::items::{Item, key_item};
use super::seal::{SEAL, seal};
use crate::machinery::changes::{Act, Attributes, Change, Expect};
use crate::words::error::{Error, Result};

#[allow(clippy::disallowed_types, reason = "the SDK's own type")]
pub(super) type Names = std::collections::HashMap<String, String>;

impl Store {
    /// The action, with its condition. When that fails, the item that stood in the way is given.
    pub(super) fn action(&self, change: &Change) -> Result<TransactWriteItem> {
        let built = |e: aws_sdk_dynamodb::error::BuildError| Error::internal(format!("a change cannot be built: {e}"));
        let mut names = Names::new();
        let mut values = Item::new();
        let condition = condition(&change.expect, &mut names, &mut values);
        let expression = match &change.act {
            Act::Put(item) => {
                let mut item = item.clone();
                item.extend(key_item(&change.key));
                seal(&mut item);
                let put =
                    Put::builder().table_name(&self.table).set_item(Some(item)).set_condition_expression(condition);
                let put =
                    put.set_expression_attribute_names(some_names(names)).set_expression_attribute_values(some(values));
                let put = put.return_values_on_condition_check_failure(OnFailure::AllOld).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().put(put).build());
            }
            Act::Delete => {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
                let delete =
                    delete.set_condition_expression(condition).set_expression_attribute_names(some_names(names));
                let delete = delete.set_expression_attribute_values(some(values));
                let delete =
                    delete.return_values_on_condition_check_failure(OnFailure::AllOld).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().delete(delete).build());
            }
            Act::Check => {
                let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
                let check = check.set_condition_expression(condition).set_expression_attribute_names(some_names(names));
                let check = check.set_expression_attribute_values(some(values));
                let check = check.return_values_on_condition_check_failure(OnFailure::AllOld).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().condition_check(check).build());
            }
            Act::Update(attributes) => update(attributes, &mut names, &mut values),
        };
        let update = Update::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
        let update = update.update_expression(expression).set_condition_expression(condition);
        let update =
            update.set_expression_attribute_names(some_names(names)).set_expression_attribute_values(some(values));
        let update = update.return_values_on_condition_check_failure(OnFailure::AllOld);
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }
}

/// An update's expression.
fn update(attributes: &Attributes, names: &mut Names, values: &mut Item) -> String {
    let mut place = 0;
    let mut part = |attribute: &str, value: AttributeValue, between: &str| {
        place += 1;
        names.insert(format!("#a{place}"), attribute.to_owned());
        values.insert(format!(":v{place}"), value);
        format!("#a{place}{between}:v{place}")
    };
    let set = attributes.set.iter().map(|(attribute, number)| (attribute, AttributeValue::N(number.to_string())));
    let set: Vec<String> = set.map(|(attribute, number)| part(attribute, number, " = ")).collect();
    let mut add = Vec::new();
    for (attribute, by) in &attributes.add {
        add.push(part(attribute, AttributeValue::N(by.to_string()), " "));
    }
    for (attribute, numbers) in &attributes.include {
        let set = AttributeValue::Ns(numbers.iter().map(u64::to_string).collect());
        add.push(part(attribute, set, " "));
    }
    let clause = |word: &str, parts: &[String]| (!parts.is_empty()).then(|| format!("{word} {}", parts.join(", ")));
    // What is added to is not what was sealed.
    let unsealed = clause("REMOVE", &[SEAL.to_owned()]);
    [clause("SET", &set), clause("ADD", &add), unsealed].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn some(values: Item) -> Option<Item> {
    (!values.is_empty()).then_some(values)
}

fn some_names(names: Names) -> Option<Names> {
    (!names.is_empty()).then_some(names)
}

/// The condition in DynamoDB's words; its names and values go to `names` and `values`.
pub(super) fn condition(expect: &Expect, names: &mut Names, values: &mut Item) -> Option<String> {
    let number = |values: &mut Item, n: u64| values.insert(":was".into(), AttributeValue::N(n.to_string()));
    match expect {
        Expect::Anything => None,
        Expect::Absent => Some("attribute_not_exists(PK)".into()),
        Expect::AbsentOrExpired(now) => {
            values.insert(":was".into(), AttributeValue::N(now.to_string()));
            Some("attribute_not_exists(PK) OR expires <= :was".into())
        }
        Expect::Version(version) => {
            number(values, *version);
            Some("version = :was".into())
        }
        Expect::Numbers(numbers) => {
            let mut all = Vec::new();
            for (place, (attribute, was)) in numbers.iter().enumerate() {
                names.insert(format!("#n{place}"), attribute.clone());
                values.insert(format!(":n{place}"), AttributeValue::N(was.to_string()));
                all.push(match was {
                    0 => format!("(attribute_not_exists(#n{place}) OR #n{place} = :n{place})"),
                    _ => format!("#n{place} = :n{place}"),
                });
            }
            (!all.is_empty()).then(|| all.join(" AND "))
        }
    }
}
