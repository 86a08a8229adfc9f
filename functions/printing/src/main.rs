//! The Lambda function of the `printing` family.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve(printing::rows()).await
}
