//! The Lambda function that a tenant's schedule invokes: event `{"tenant": "acme"}`, with `until` for another day
//! than today. It goes on until nothing is due; stopped half-way, the next one goes on where it was.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_events_with(orders::rows(), orders::run::answer).await
}
