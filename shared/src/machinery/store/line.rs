//! A line of tickets: three attributes of one item, each step one conditional write.

use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};

use super::items::{Item, key_item, number_of, number_set};
use super::{Store, trouble};
use crate::machinery::keys::Key;
use crate::words::error::Result;

/// The last ticket taken.
const TAKEN: &str = "taken";
/// The last ticket done with.
const DONE: &str = "done";
/// The tickets behind it that nobody waits with any more.
const LEFT: &str = "left";

/// A line as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The last ticket taken.
    pub taken: u64,
    /// The last ticket done with.
    pub done: u64,
    /// The tickets behind it that nobody waits with any more, ascending.
    pub left: Vec<u64>,
}

impl Line {
    /// A line by its item, which who wants to know reads with others.
    pub fn of(item: Option<&Item>) -> Self {
        Self { taken: number_of(item, TAKEN), done: number_of(item, DONE), left: number_set(item, LEFT) }
    }

    /// How many wait before the holder of a ticket, or are at it.
    pub fn before(&self, ticket: u64) -> u64 {
        let left = self.left.iter().filter(|left| (self.done + 1..ticket).contains(left)).count();
        ticket.saturating_sub(self.done + 1).saturating_sub(left as u64)
    }

    /// How many there are in all.
    pub fn length(&self) -> u64 {
        self.before(self.taken + 1)
    }
}

/// A step of a line.
#[derive(Debug, Clone)]
pub enum Step {
    /// Take a ticket. The SDK does so again when the answer was lost: then one of the two is nobody's.
    Take,
    /// Be done with the tickets behind this one, up to that one.
    Done(u64, u64),
    /// Leave the line with this ticket.
    Leave(u64),
    /// Be done with all tickets up to this one, when nobody is done since that one.
    Sweep(u64, u64),
}

impl Store {
    /// A line as it stands.
    ///
    /// # Errors
    ///
    /// When the store does not answer.
    pub async fn line(&self, key: &Key) -> Result<Line> {
        Ok(Line::of(self.get_items(std::slice::from_ref(key)).await?.pop().flatten().as_ref()))
    }

    /// Make a step in a line that is kept until then (epoch seconds) while nobody is in it; the line after it, or nothing
    /// when others were faster. One write.
    ///
    /// # Errors
    ///
    /// When the store does not answer.
    pub async fn step(&self, key: &Key, step: &Step, until: i64) -> Result<Option<Line>> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let ask = self.client.update_item().table_name(&self.table).set_key(Some(key_item(key)));
        let ask = ask
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .expression_attribute_values(":until", AttributeValue::N(until.to_string()));
        let ask = match step {
            Step::Take => ask
                .update_expression("SET expires = :until ADD #taken :one")
                .expression_attribute_names("#taken", TAKEN)
                .expression_attribute_values(":one", number(1)),
            Step::Done(from, to) => {
                let gone = (from + 1..=*to).map(|ticket| ticket.to_string()).collect();
                unchanged(ask, *from)
                    .update_expression("SET expires = :until, #done = :to DELETE #left :gone")
                    .expression_attribute_names("#left", LEFT)
                    .expression_attribute_values(":to", number(*to))
                    .expression_attribute_values(":gone", AttributeValue::Ns(gone))
            }
            Step::Leave(ticket) => ask
                .update_expression("SET expires = :until ADD #left :it")
                .condition_expression("attribute_not_exists(#done) OR #done < :ticket")
                .expression_attribute_names("#left", LEFT)
                .expression_attribute_names("#done", DONE)
                .expression_attribute_values(":ticket", number(*ticket))
                .expression_attribute_values(":it", AttributeValue::Ns(vec![ticket.to_string()])),
            Step::Sweep(from, to) => unchanged(ask, *from)
                .update_expression("SET expires = :until, #done = :to REMOVE #left")
                .expression_attribute_names("#left", LEFT)
                .expression_attribute_values(":to", number(*to)),
        };
        let sent = self.in_time("step", ask.send()).await?;
        self.spend("step", false, sent.iter().filter_map(UpdateItemOutput::consumed_capacity));
        match sent {
            Ok(done) => Ok(Some(Line::of(done.attributes.as_ref()))),
            Err(failed) => match failed.as_service_error() {
                Some(refused) if refused.is_conditional_check_failed_exception() => Ok(None),
                _ => Err(trouble("step", &failed)),
            },
        }
    }
}

/// On condition that nobody is done since this ticket.
fn unchanged(ask: UpdateItemFluentBuilder, done: u64) -> UpdateItemFluentBuilder {
    let condition = if done == 0 { "attribute_not_exists(#done) OR #done = :done" } else { "#done = :done" };
    ask.condition_expression(condition)
        .expression_attribute_names("#done", DONE)
        .expression_attribute_values(":done", AttributeValue::N(done.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_left_is_not_waited_for() {
        let line = Line { taken: 9, done: 2, left: vec![4, 5, 8] };
        assert_eq!((line.length(), line.before(3), line.before(6), line.before(9)), (4, 0, 1, 3));
        assert_eq!(Line { taken: 2, done: 2, left: vec![] }.length(), 0);
        // A line that was swept beyond a ticket has nobody before it.
        assert_eq!(Line { taken: 2, done: 5, left: vec![] }.before(3), 0);
    }
}
