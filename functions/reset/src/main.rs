//! The Lambda function that a sandbox's schedule invokes every day, with any event: it resets the sandbox's table to its
//! fixture. Of a table that is no sandbox's it changes nothing.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_events(shared::domain::sandbox::reset::answer).await
}
