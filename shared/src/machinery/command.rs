//! Operations that an operator's command runs by itself, without a request: the same operations, and the same
//! commit with its audit entry and events, but no dialect, no credential and no idempotency record.

use std::collections::BTreeMap;

use crate::machinery::app::App;
use crate::machinery::auth::Standing;
use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::changes::{Change, Changes};
use crate::machinery::company::{About, with_company};
use crate::machinery::operation::{Context, Op};
use crate::machinery::request::Request;
use crate::machinery::sandbox;
use crate::machinery::spine::{MOST_RUNS, Outcome, outcome};
use crate::words::error::{Error, Result, Told};
use crate::words::time::Zone;

/// A request that a command sends to the rows of its own process: of this caller, without a credential.
///
/// # Errors
///
/// When who asks cannot be written down.
pub fn request(caller: Caller, verb: &str, path: &str) -> Result<Request> {
    let id = caller.credential.clone();
    let standing = serde_json::to_string(&Standing::known(caller, None))
        .map_err(|e| Error::internal(format!("the operator's standing: {e}")))?;
    Ok(Request {
        verb: verb.to_owned(),
        path: path.to_owned(),
        id,
        authorized: BTreeMap::from([("standing".to_owned(), standing)]),
        ..Request::default()
    })
}

/// Who stands behind a command: the operator, who may do everything in one tenant.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The tenant.
    pub tenant: Tenant,
    /// What the command is called in the audit (`import`).
    pub command: &'static str,
    /// The zone of local times.
    pub zone: Zone,
}

impl Operator {
    /// What an operation works in.
    ///
    /// # Errors
    ///
    /// When the secret cannot be read.
    pub async fn context(&self, app: &App) -> Result<Context> {
        let wall = app.outside.now();
        let caller = Caller::operator(self.tenant.clone(), self.command, self.zone);
        // A cost of its own: a process that runs many commands does not add them up for ever.
        let (store, outside) = (app.store.for_one_request(), app.outside.clone());
        let now = sandbox::now(&store, &outside, &caller.tenant, wall).await?;
        Ok(Context {
            caller,
            store,
            now,
            wall,
            zone: self.zone,
            outside,
            secret: app.secrets.get(wall).await?,
            progress: None,
        })
    }

    /// Run an operation and commit what it wants together with what `beside` adds for its answer, again while
    /// others write too.
    ///
    /// # Errors
    ///
    /// What the operation says, or the condition that failed.
    pub async fn carry_out<I: Sync, O>(
        &self,
        app: &App,
        op: &Op<I, O>,
        input: &I,
        beside: &(dyn Fn(&O, &mut Changes) -> Result<()> + Sync),
    ) -> Result<O> {
        for run in 0..MOST_RUNS {
            let cx = self.context(app).await?;
            let mut done = (op.run)(&cx, input).await?;
            beside(&done.answer, &mut done.changes)?;
            if done.changes.is_empty() {
                return Ok(done.answer);
            }
            let about = About { request: self.command, dialect: self.command, operation: op.name };
            let list: Vec<Change> = with_company(&cx, done.changes, &about)?;
            match outcome(&list, cx.store.commit(&list).await?, None)? {
                Outcome::Done => return Ok(done.answer),
                Outcome::Again | Outcome::Stood(_) => {
                    tokio::time::sleep(app.outside.pause_after(run)).await;
                }
            }
        }
        Err(Error { told: Told::Busy, logged: Some(format!("contended {MOST_RUNS} times")) })
    }
}
