//! Operations that an operator's command runs by itself, without a request: the same operations, and the same
//! commit with its audit entry and events, but no dialect, no credential and no idempotency record.

use std::collections::BTreeMap;

use crate::machinery::app::App;
use crate::machinery::auth::Standing;
use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::changes::Changes;
use crate::machinery::company::{About, with_company};
use crate::machinery::effect::{Came, Effect};
use crate::machinery::operation::{Context, Op};
use crate::machinery::perform::{LEAST_MS, told};
use crate::machinery::request::Request;
use crate::machinery::sandbox;
use crate::words::error::{Asking, Error, Result, Told};
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
        let (store, outside) = (app.store_for_one_request(), app.outside.clone());
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
        let cx = self.context(app).await?;
        let asking = Asking { request: cx.caller.credential.clone(), keyed: false };
        let mut effect = Effect::new(&app.outside, asking);
        for run in 0.. {
            let tried = self.one_run(&cx, op, input, beside, &mut effect).await;
            let error = match tried {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) if cx.store.left().as_millis() >= LEAST_MS => {
                    tokio::time::sleep(app.outside.pause_after(run)).await;
                    continue;
                }
                Ok(None) => Error { told: Told::Busy(1), logged: Some(format!("contended {run} times")) },
                Err(error) => error,
            };
            if matches!(error.told, Told::Unknown(_)) || !effect.is_doubtful() {
                return Err(error);
            }
            return effect.settle(&cx.store, op.name).await?.ok_or(error);
        }
        Err(Error::internal("an operation was run too often"))
    }

    /// One run; nothing when others were faster.
    async fn one_run<I: Sync, O>(
        &self,
        cx: &Context,
        op: &Op<I, O>,
        input: &I,
        beside: &(dyn Fn(&O, &mut Changes) -> Result<()> + Sync),
        effect: &mut Effect<O>,
    ) -> Result<Option<O>> {
        let mut done = (op.run)(cx, input).await?;
        beside(&done.answer, &mut done.changes)?;
        if done.changes.is_empty() {
            let before = if effect.is_doubtful() { effect.settle(&cx.store, op.name).await? } else { None };
            return Ok(Some(before.unwrap_or(done.answer)));
        }
        let about = About { request: self.command, dialect: self.command, operation: op.name };
        let run = effect.run();
        let (changes, entry) = with_company(cx, done.changes, &about, &run)?;
        match effect.commit(&cx.store, &run, &changes, entry, done.answer).await? {
            Came::Through(answer) => Ok(Some(answer)),
            Came::Contended => Ok(None),
            Came::Failed(failed) => match told(&changes, &failed) {
                Some(error) => Err(error),
                None => effect.again(&changes, failed).map(|()| None),
            },
        }
    }
}
