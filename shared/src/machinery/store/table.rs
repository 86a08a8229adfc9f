//! Making the table: on one machine and in tests. In the cloud template.yaml makes it.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TimeToLiveSpecification,
};

use super::{Store, trouble};
use crate::words::error::{Error, Result};

impl Store {
    /// Make the table with its time to live, where there is none. A stream only where it is wanted: the
    /// embedded engine numbers a stream's records by counting them all, for every write.
    pub async fn create_table(&self, streamed: bool) -> Result<()> {
        let attribute = |name: &str| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        };
        let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let built =
            |e: aws_sdk_dynamodb::error::BuildError| Error::internal(format!("the table cannot be described: {e}"));
        let stream =
            StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
        let stream = stream.build().map_err(built)?;
        let made = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("PK").map_err(built)?)
            .attribute_definitions(attribute("SK").map_err(built)?)
            .key_schema(element("PK", KeyType::Hash).map_err(built)?)
            .key_schema(element("SK", KeyType::Range).map_err(built)?)
            .set_stream_specification(streamed.then_some(stream))
            .send()
            .await;
        match made {
            Ok(_) => {}
            Err(failed) if failed.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                return Ok(());
            }
            Err(failed) => return Err(trouble("create_table", &failed)),
        }
        let live = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build().map_err(built)?;
        let set =
            self.client.update_time_to_live().table_name(&self.table).time_to_live_specification(live).send().await;
        set.map(|_| ()).map_err(|e| trouble("update_time_to_live", &e))
    }
}
