//! The Lambda authorizer: who sends a request, for all four dialects' credentials.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_authorizer().await
}
