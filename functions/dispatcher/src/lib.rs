//! From the table's stream to webhooks: what a commit told is fanned out to deliveries, and each new entry of a lane
//! wakes the deliverer.
//!
//! A message holds its object as CloudOnex's dialect shows it, so every family's rows are linked: the dispatcher asks
//! them as the operator would.

use std::collections::BTreeMap;

use deliverer::Queue;
use serde_json::{Value, json};
use shared::domain::webhooks::event::Object;
use shared::domain::webhooks::fan_out::{FAN_OUT, Outbox, webhooks};
use shared::domain::webhooks::lane::Wake;
use shared::machinery::app::{App, Environment};
use shared::machinery::caller::{Caller, Tenant};
use shared::machinery::command::{Operator, request};
use shared::machinery::gateway::Answers;
use shared::machinery::operation::Working;
use shared::machinery::store::wire;
use shared::words::error::{Error, Result};
use shared::words::time::Zone;

/// Who asks, as the log has it.
const NAME: &str = "webhooks";

/// The dispatcher.
pub struct Dispatcher {
    /// The table, and every family's rows.
    pub app: App,
    /// What wakes the deliverer.
    pub queue: Queue,
}

impl Dispatcher {
    /// The Lambda function's.
    ///
    /// # Panics
    ///
    /// When a variable of the environment is missing.
    pub fn from_environment() -> Self {
        let environment = Environment::of_process();
        Self { app: App::of(&environment, rpc::rows()), queue: Queue::of(&environment) }
    }

    /// What is new in the table, in its order. What is neither of the outbox nor of a lane is none of our business.
    /// The first record that failed is named: it and all after it come again.
    async fn answer_all(&self, event: &Value) -> Result<Value> {
        let records = event["Records"].as_array().ok_or_else(|| Error::internal("the event has no records"))?;
        let mut wakes: Vec<(&Value, Wake)> = Vec::new();
        let mut failed = None;
        for record in records {
            let number = &record["dynamodb"]["SequenceNumber"];
            match self.dispatch(&record["dynamodb"]["NewImage"]).await {
                Ok(wake) => wakes.extend(wake.map(|wake| (number, wake))),
                Err(error) => {
                    tracing::error!(trouble = error.logged, told = ?error.told, "a record was not dispatched");
                    failed = Some(number);
                    break;
                }
            }
        }
        let all: Vec<Wake> = wakes.iter().map(|(_, wake)| wake.clone()).collect();
        if let Err(error) = self.queue.wake_all(&all, chrono::Duration::zero()).await {
            tracing::error!(trouble = error.logged, "the deliverer was not woken");
            failed = wakes.first().map(|(number, _)| *number);
        }
        let failed: Vec<Value> = failed.iter().map(|number| json!({"itemIdentifier": number})).collect();
        Ok(json!({"batchItemFailures": failed}))
    }

    /// One new item of the table, in DynamoDB's JSON; the lane it wakes.
    ///
    /// # Errors
    ///
    /// When the item is of the outbox and could not be fanned out, or is not of the documented form.
    pub async fn dispatch(&self, image: &Value) -> Result<Option<Wake>> {
        let item = wire::whole(image)?;
        match Outbox::of(item.clone())? {
            None => Wake::of(item),
            Some(outbox) => self.fan_out(&outbox).await.map(|()| None),
        }
    }

    async fn fan_out(&self, outbox: &Outbox) -> Result<()> {
        let webhooks = webhooks(&self.app.store.for_one_request(), &outbox.tenant).await?;
        let by = Operator { tenant: outbox.tenant.clone(), command: NAME, zone: Zone::UTC };
        let mut shown: BTreeMap<String, Option<Value>> = BTreeMap::new();
        for wanted in outbox.wanted(&webhooks) {
            let place = wanted.object.map(|object| place(object, wanted.object_id));
            // Several events of one commit are often about one object.
            if let Some(place) = place.as_ref().filter(|place| !shown.contains_key(*place)) {
                shown.insert(place.clone(), self.show(&outbox.tenant, place).await?);
            }
            let object = place.and_then(|place| shown.get(&place)?.as_ref());
            let message = wanted.message(object, outbox.at, self.app.outside.now());
            by.carry_out(&self.app, &FAN_OUT, &(message, wanted.webhooks), &|_, _| Ok(())).await?;
        }
        Ok(())
    }

    /// What its own route shows at a place; nothing when it is not there any more.
    async fn show(&self, tenant: &Tenant, place: &str) -> Result<Option<Value>> {
        let caller = Caller::operator(tenant.clone(), NAME, Zone::UTC);
        let response = self.app.handle(&request(caller, "GET", place)?).await;
        match response.status {
            200 => {
                let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                Ok(answer.get("data").cloned())
            }
            404 => Ok(None),
            status => Err(Error::internal(format!("{place} is not shown: {status}"))),
        }
    }
}

/// Where CloudOnex's dialect shows an object.
pub fn place(object: &Object, id: u64) -> String {
    let noun = match object.name {
        "payment" => "transactions".to_owned(),
        name => format!("{}s", name.replace('_', "-")),
    };
    format!("/api/v2/{noun}/{id}")
}

impl Answers for Dispatcher {
    fn answer<'a>(&'a self, event: &'a Value) -> Working<'a, Value> {
        Box::pin(self.answer_all(event))
    }
}
