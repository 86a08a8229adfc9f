//! The Lambda function that the table's stream invokes with what is new in it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_answers(|| Box::new(dispatcher::Dispatcher::from_environment())).await
}
