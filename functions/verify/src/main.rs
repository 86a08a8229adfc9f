//! The Lambda function that checks a tenant's books: event `{"tenant": "acme"}`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_events(shared::domain::reports::verify::answer).await
}
