//! The Lambda function that sends to webhooks. The queue invokes it with what is to be looked at.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_answers(|| Box::new(deliverer::Deliverer::from_environment())).await
}
