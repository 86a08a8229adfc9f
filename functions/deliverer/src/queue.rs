//! The queue that wakes the deliverer. The only file that names the SQS SDK.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region, SharedHttpClient};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use chrono::Duration;
use shared::domain::webhooks::lane::Wake;
use shared::machinery::app::Environment;
use shared::words::error::{Error, Result};

/// The longest that SQS holds a message back, in seconds.
pub const LONGEST_DELAY: i64 = 900;
/// The most messages in one call.
const AT_ONCE: usize = 10;

/// Where the queue is, and how to reach it.
pub struct Place {
    /// The queue's address.
    pub url: String,
    /// The region.
    pub region: String,
    /// Access key id, secret key and session token.
    pub credentials: (String, String, Option<String>),
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
    /// The HTTP client.
    pub http: SharedHttpClient,
}

/// The queue.
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at a place.
    pub fn connect(place: Place) -> Self {
        let (id, secret, session) = place.credentials;
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(place.region))
            .credentials_provider(Credentials::new(id, secret, session, None, "environment"))
            .http_client(place.http);
        config.set_endpoint_url(place.endpoint);
        Self { client: Client::from_conf(config.build()), url: place.url }
    }

    /// A Lambda function's: `TESSERA_QUEUE` is its address, `AWS_ENDPOINT_URL_SQS` another endpoint.
    ///
    /// # Panics
    ///
    /// When a variable of the environment is missing.
    pub fn of(environment: &Environment) -> Self {
        Self::connect(Place {
            url: environment.needed("TESSERA_QUEUE"),
            region: environment.region(),
            credentials: environment.credentials(),
            endpoint: environment.optional("AWS_ENDPOINT_URL_SQS"),
            http: environment.http.clone(),
        })
    }

    /// Wake the deliverer for one lane, not before so long; after the longest delay it is woken in any case, and looks.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached.
    pub async fn wake(&self, wake: &Wake, after: Duration) -> Result<()> {
        self.wake_all(std::slice::from_ref(wake), after).await
    }

    /// The same for several lanes. A call for each ten.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached, or took not all of them.
    pub async fn wake_all(&self, wakes: &[Wake], after: Duration) -> Result<()> {
        // Whole seconds, rounded up: woken a moment too early it would only look and go.
        let delay = (after + Duration::milliseconds(999)).num_seconds().clamp(0, LONGEST_DELAY);
        let failed = |why: String| Error::internal(format!("the queue: {why}"));
        for chunk in wakes.chunks(AT_ONCE) {
            let mut batch = self.client.send_message_batch().queue_url(&self.url);
            for (place, wake) in chunk.iter().enumerate() {
                let body = serde_json::to_string(wake).map_err(|e| failed(e.to_string()))?;
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(body)
                    .delay_seconds(i32::try_from(delay).unwrap_or(0))
                    .build();
                batch = batch.entries(entry.map_err(|e| failed(e.to_string()))?);
            }
            let sent = batch.send().await.map_err(|e| failed(DisplayErrorContext(&e).to_string()))?;
            if let Some(first) = sent.failed().first() {
                return Err(failed(format!(
                    "{} of {} were not taken: {}",
                    sent.failed().len(),
                    chunk.len(),
                    first.code()
                )));
            }
        }
        Ok(())
    }
}
