//! The Lambda function that serves JSON-RPC, and every path no other function has.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    shared::machinery::gateway::serve(rpc::rows()).await
}
