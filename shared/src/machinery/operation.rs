//! An operation: one typed input, one answer, and the changes that make the answer true.
//!
//! It never writes, and never sees HTTP, JSON, a dialect or DynamoDB. What it decides is a pure function
//! below it, tested without a store; since nothing has happened when it returns, the spine may run it again.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::machinery::caller::{Caller, Tenant};
use crate::machinery::changes::Changes;
use crate::machinery::outside::Outside;
use crate::machinery::sandbox;
use crate::machinery::secrets::Secret;
use crate::machinery::store::Store;
use crate::words::error::{Result, Violation};
use crate::words::time::{Instant, Zone};

/// What an operation works in.
#[derive(Clone)]
pub struct Context {
    /// Who is asking.
    pub caller: Caller,
    /// The table.
    pub store: Store,
    /// The time of the request by the tenant's clock, the same all through it: what is billed and dated goes by it.
    pub now: Instant,
    /// The same by the machine's own clock: what ends credentials, keeps records or sends webhooks goes by it. The two
    /// differ in a sandbox only, where the tenant set its clock.
    pub wall: Instant,
    /// The zone of local times in this request.
    pub zone: Zone,
    /// Clock and randomness.
    pub outside: Outside,
    /// The signing keys.
    pub secret: std::sync::Arc<Secret>,
    /// For a long write: what the last commit left to go on from.
    pub progress: Option<Value>,
}

impl Context {
    /// The caller's tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.caller.tenant
    }

    /// The same for another caller, by the clock of that one's tenant.
    ///
    /// # Errors
    ///
    /// When the clock cannot be read.
    pub async fn on_behalf_of(&self, caller: Caller) -> Result<Self> {
        let now = sandbox::now(&self.store, &self.outside, &caller.tenant, self.wall).await?;
        Ok(Self { caller, now, ..self.clone() })
    }
}

/// Work in progress.
pub type Working<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What an operation returns.
#[derive(Debug)]
pub struct Done<O> {
    /// The answer, true once the changes are committed.
    pub answer: O,
    /// The changes.
    pub changes: Changes,
    /// For a long write that is not finished: what to go on from after this commit. The answer is thrown
    /// away then, and the operation is run again with this in its context.
    pub progress: Option<Value>,
}

impl<O> Done<O> {
    /// An answer that changes nothing.
    pub fn read(answer: O) -> Self {
        Self { answer, changes: Changes::default(), progress: None }
    }

    /// An answer with the changes that make it true.
    pub fn changed(answer: O, changes: Changes) -> Self {
        Self { answer, changes, progress: None }
    }
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Anyone, without a credential.
    Open,
    /// Anyone of the tenant.
    Tenant,
    /// Anyone of the tenant, on what belongs to their reseller or one below it.
    Reseller,
}

/// Finds what else is wrong with an input.
pub type Also<I> = for<'a> fn(&'a Context, &'a I) -> Working<'a, Vec<Violation>>;

/// An operation: a constant that names it and holds its function.
pub struct Op<I: 'static, O: 'static> {
    /// `<entity>.<action>`.
    pub name: &'static str,
    /// The entity, as not-found answers name it.
    pub entity: &'static str,
    /// Who may call it.
    pub scope: Scope,
    /// Whether it may change anything.
    pub writes: bool,
    /// The operation.
    pub run: Run<I, O>,
    /// What else is wrong with an input whose parameters were already found wrong: asked only then, so
    /// that one answer names the dangling reference beside the empty name.
    pub also: Option<Also<I>>,
}

/// The function of an operation.
pub type Run<I, O> = for<'a> fn(&'a Context, &'a I) -> Working<'a, Done<O>>;

impl<I, O> Op<I, O> {
    /// An operation that changes nothing.
    pub const fn read(name: &'static str, entity: &'static str, scope: Scope, run: Run<I, O>) -> Self {
        Self { name, entity, scope, writes: false, run, also: None }
    }

    /// An operation that may change something.
    pub const fn write(name: &'static str, entity: &'static str, scope: Scope, run: Run<I, O>) -> Self {
        Self { name, entity, scope, writes: true, run, also: None }
    }

    /// The same, with what finds more faults in an input that has some.
    pub const fn also(mut self, also: Also<I>) -> Self {
        self.also = Some(also);
        self
    }
}
