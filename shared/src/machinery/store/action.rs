//! A change as an action of a transaction.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
    Update,
};

use super::Store;
use super::items::{Item, key_item};
use crate::machinery::changes::{Act, Change, Expect};
use crate::words::error::{Error, Result};

#[allow(clippy::disallowed_types, reason = "the SDK's own type")]
type Names = std::collections::HashMap<String, String>;

impl Store {
    /// The action, with its condition. A put whose condition fails gives the item that stood in the way.
    pub(super) fn action(&self, change: &Change) -> Result<TransactWriteItem> {
        let built = |e: aws_sdk_dynamodb::error::BuildError| Error::internal(format!("a change cannot be built: {e}"));
        let mut names = Names::new();
        let mut values = Item::new();
        let condition = condition(&change.expect, &mut values);
        if let Expect::Number(attribute, _) = &change.expect {
            names.insert("#n".into(), attribute.clone());
        }
        let expression = match &change.act {
            Act::Put(item) => {
                let mut item = item.clone();
                item.extend(key_item(&change.key));
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
                let delete = delete.set_expression_attribute_values(some(values)).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().delete(delete).build());
            }
            Act::Check => {
                let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
                let check = check.set_condition_expression(condition).set_expression_attribute_names(some_names(names));
                let check = check.set_expression_attribute_values(some(values));
                let check = check.return_values_on_condition_check_failure(OnFailure::AllOld).build().map_err(built)?;
                return Ok(TransactWriteItem::builder().condition_check(check).build());
            }
            Act::Add(counts) => {
                let mut parts = Vec::new();
                for (place, (attribute, by)) in counts.iter().enumerate() {
                    names.insert(format!("#a{place}"), attribute.clone());
                    values.insert(format!(":by{place}"), AttributeValue::N(by.to_string()));
                    parts.push(format!("#a{place} :by{place}"));
                }
                format!("ADD {}", parts.join(", "))
            }
            Act::Include(attribute, numbers) => {
                names.insert("#a".into(), (*attribute).to_owned());
                values.insert(":by".into(), AttributeValue::Ns(numbers.iter().map(u64::to_string).collect()));
                "ADD #a :by".to_owned()
            }
            Act::Set(attribute, number) => {
                names.insert("#a".into(), attribute.clone());
                values.insert(":by".into(), AttributeValue::N(number.to_string()));
                "SET #a = :by".to_owned()
            }
            Act::SetAndAdd(attribute, number, counter, more) => {
                names.insert("#a".into(), attribute.clone());
                values.insert(":by".into(), AttributeValue::N(number.to_string()));
                names.insert("#b".into(), counter.clone());
                values.insert(":more".into(), AttributeValue::N(more.to_string()));
                "SET #a = :by ADD #b :more".to_owned()
            }
        };
        let update = Update::builder().table_name(&self.table).set_key(Some(key_item(&change.key)));
        let update = update.update_expression(expression).set_condition_expression(condition);
        let update =
            update.set_expression_attribute_names(some_names(names)).set_expression_attribute_values(some(values));
        Ok(TransactWriteItem::builder().update(update.build().map_err(built)?).build())
    }
}

fn some(values: Item) -> Option<Item> {
    (!values.is_empty()).then_some(values)
}

fn some_names(names: Names) -> Option<Names> {
    (!names.is_empty()).then_some(names)
}

/// The condition in DynamoDB's words; the value goes to `values`, and `#n` names the attribute of a
/// [`Expect::Number`].
pub(super) fn condition(expect: &Expect, values: &mut Item) -> Option<String> {
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
        Expect::Number(_, 0) => {
            number(values, 0);
            Some("attribute_not_exists(#n) OR #n = :was".into())
        }
        Expect::Number(_, was) => {
            number(values, *was);
            Some("#n = :was".into())
        }
    }
}
