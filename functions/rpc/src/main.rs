//! The Lambda function that serves JSON-RPC, and every path no other function has.

use shared::machinery::app::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve_with(|| App::from_environment(rpc::rows()).discovered_by(rpc::DOCUMENT)).await
}
