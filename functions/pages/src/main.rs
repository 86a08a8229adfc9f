//! The Lambda function of the console and the API reference.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_requests(pages::answer).await
}
