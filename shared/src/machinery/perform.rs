//! From a row to its effect: run the operation, commit what it wants, run it again while others write too.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use crate::machinery::answer::{Rendered, Settled};
use crate::machinery::auth::nobody;
use crate::machinery::caller::Caller;
use crate::machinery::changes::{Change, Changes};
use crate::machinery::company::{About, with_company};
use crate::machinery::effect::{Came, Effect, Run};
use crate::machinery::idempotency::{Idempotency, Stood};
use crate::machinery::keys::{self, Key};
use crate::machinery::operation::Context;
use crate::machinery::reader::Params;
use crate::machinery::reply::Reply;
use crate::machinery::request::LARGEST_ANSWER;
use crate::machinery::route::Row;
use crate::machinery::sandbox;
use crate::machinery::spine::Visit;
use crate::machinery::store::{Item, meaning};
use crate::machinery::turn::Turn;
use crate::machinery::unchanged;
use crate::words::error::{Asking, Error, Result, Told, Violation};
use crate::words::time::Zone;

/// How much time another run must have, in milliseconds.
pub(crate) const LEAST_MS: u128 = 500;

/// What a run answers: rendered, and for a step of a long write what the next one goes on from.
struct Answer {
    rendered: Rendered,
    progress: Option<Value>,
}

/// Where a request stands.
enum State {
    /// It is answered.
    Settled(Box<Settled>),
    /// This step is done, and the next one goes on from here; whether it counts, since it left a record.
    Step(Value, bool),
    /// Others were faster.
    Again,
}

/// A row that is being performed.
struct Performance<'p> {
    visit: &'p Visit<'p>,
    row: &'p Row,
    params: &'p Params,
    idempotency: Option<Idempotency>,
    render: &'p (dyn Fn(Reply) -> Rendered + Sync),
    cx: Context,
    effect: Effect<Answer>,
    turn: Option<Turn>,
    step: u32,
    runs: u32,
}

impl Visit<'_> {
    /// Run an operation and commit what it wants, again and again while others write too.
    pub(crate) async fn perform(
        &self,
        row: &Row,
        caller: Caller,
        zone: Zone,
        params: &Params,
        idempotency: Option<Idempotency>,
        render: &(dyn Fn(Reply) -> Rendered + Sync),
    ) -> Result<Settled> {
        let now = sandbox::now(&self.store, &self.app.outside, &caller.tenant, self.now).await?;
        let cx = Context {
            caller,
            store: self.store.clone(),
            now,
            wall: self.now,
            zone,
            outside: self.app.outside.clone(),
            secret: Arc::clone(&self.secret),
            progress: None,
        };
        let mut performance = Performance {
            visit: self,
            row,
            params,
            effect: Effect::new(&self.app.outside, self.asking(idempotency.is_some())),
            idempotency,
            render,
            cx,
            turn: None,
            step: 0,
            runs: 0,
        };
        // On the heap: what an operation waits in is large, and everything that leads here would have to hold it.
        let settled = Box::pin(performance.until_done()).await;
        performance.pass_on().await;
        settled
    }

    fn asking(&self, keyed: bool) -> Asking {
        Asking { request: self.request.id.clone(), keyed }
    }
}

impl Performance<'_> {
    async fn until_done(&mut self) -> Result<Settled> {
        loop {
            let state = match self.one_run().await {
                Ok(state) => state,
                Err(error) => self.refused(error).await?,
            };
            match state {
                State::Settled(settled) => return Ok(*settled),
                State::Step(progress, counts) => {
                    self.cx.progress = Some(progress);
                    self.step += u32::from(counts);
                    // Each step has an effect of its own, and lets others have their turn before it.
                    self.effect = Effect::new(&self.visit.app.outside, self.asking());
                    self.runs = 0;
                    self.pass_on().await;
                }
                State::Again => {}
            }
        }
    }

    fn asking(&self) -> Asking {
        self.visit.asking(self.idempotency.is_some())
    }

    /// One run, up to what its commit came to.
    async fn one_run(&mut self) -> Result<State> {
        let began = Instant::now();
        let shows = self.visit.app.routes.shows(self.row);
        let done = match unchanged::run(self.row, shows, &self.cx, self.params).await {
            Ok(done) => done,
            // What would be refused now may have been granted before: to an earlier run, or under the same key.
            Err(error) => {
                if let Some(answer) = self.through_after_all().await? {
                    return Ok(self.answered(answer));
                }
                return match self.granted_before(None).await? {
                    Some(stood) => Ok(self.stood(stood)?),
                    None => Err(error),
                };
            }
        };
        if done.changes.crowded && self.turn.is_none() && self.runs == 0 {
            return self.line_up().await;
        }
        let progress = done.progress;
        let rendered = match &progress {
            Some(progress) => Rendered::json(202, progress.to_string()),
            None => (self.render)(done.answer),
        };
        if rendered.length() > LARGEST_ANSWER {
            return Err(Error::told(Told::AnswerTooLarge(LARGEST_ANSWER)));
        }
        let long = progress.is_some();
        // What changed nothing leaves a record only when it is an answer and no refusal. Without a commit
        // that would fail on it, an older record is looked up.
        let idle = done.changes.is_empty();
        if idle && (self.idempotency.is_none() || long || rendered.status >= 400) {
            if let Some(answer) = self.through_after_all().await? {
                return Ok(self.answered(answer));
            }
            return match self.granted_before(Some(self.step)).await? {
                Some(stood) => self.stood(stood),
                None => Ok(match progress {
                    Some(progress) => State::Step(progress, false),
                    None => self.answered(Answer { rendered, progress: None }),
                }),
            };
        }
        let run = self.effect.run();
        let step = long.then_some(self.step);
        let (changes, entry) = self.with_company(done.changes, &run, step, &rendered)?;
        let answer = Answer { rendered, progress };
        match self.effect.commit(&self.visit.store, &run, &changes, entry, answer).await? {
            Came::Through(answer) => {
                self.visit.app.pace.took(began.elapsed());
                Ok(self.answered(answer))
            }
            Came::Contended => self.line_up().await,
            Came::Failed(failed) => {
                if let Some(stood) = self.in_the_way(&changes, &failed, step)? {
                    return self.stood(stood);
                }
                if let Some(error) = told(&changes, &failed) {
                    return Err(self.row.in_its_names(error));
                }
                self.effect.again(&changes, failed)?;
                self.line_up().await
            }
        }
    }

    /// An error, unless what was asked for has happened after all.
    async fn refused(&mut self, error: Error) -> Result<State> {
        if matches!(error.told, Told::Unknown(_)) {
            return Err(error);
        }
        if let Some(answer) = self.through_after_all().await? {
            return Ok(self.answered(answer));
        }
        // Of a long write that is refused for want of time, the steps before have happened.
        let short = matches!(error.told, Told::Busy(_) | Told::Unavailable);
        Err(if short && self.step > 0 { Error { told: Told::Unknown(self.asking()), ..error } } else { error })
    }

    async fn through_after_all(&mut self) -> Result<Option<Answer>> {
        if !self.effect.is_doubtful() {
            return Ok(None);
        }
        self.effect.settle(&self.visit.store, self.row.operation).await
    }

    fn answered(&self, answer: Answer) -> State {
        match answer.progress {
            Some(progress) => State::Step(progress, true),
            None => {
                let settled = Settled { answer: answer.rendered, replayed: false, media: self.row.media };
                State::Settled(Box::new(settled))
            }
        }
    }

    /// What a record that stands under the key means.
    fn stood(&self, stood: Stood) -> Result<State> {
        match stood {
            Stood::Answer(record) => Ok(State::Settled(Box::new(Settled::again(record)))),
            Stood::Progress(record) => {
                let progress = serde_json::from_str(&record.body);
                progress
                    .map(|progress| State::Step(progress, true))
                    .map_err(|e| Error::internal(format!("progress: {e}")))
            }
        }
    }

    /// Wait until it is worth trying again.
    async fn line_up(&mut self) -> Result<State> {
        let store = &self.visit.store;
        self.runs += 1;
        if store.left().as_millis() < LEAST_MS {
            return Err(Error { told: Told::Busy(1), logged: Some(format!("contended {} times", self.runs)) });
        }
        let app = self.visit.app;
        // Without a tenant (signing in) there is no line. Who has its turn, or cannot have it, pauses a little.
        if self.turn.is_some() || self.runs > 1 || self.cx.caller.tenant == nobody().tenant {
            let runs = if self.turn.is_some() { 1 } else { self.runs };
            tokio::time::sleep(app.outside.pause_after(runs)).await;
            return Ok(State::Again);
        }
        let key = keys::turn(&self.cx.caller.tenant);
        self.turn = match Turn::take(store, key, &app.outside, &app.pace).await {
            Err(error) if matches!(error.told, Told::Busy(_)) => return Err(error),
            taken => taken.ok().flatten(),
        };
        Ok(State::Again)
    }

    /// Let others have their turn.
    async fn pass_on(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.pass_on().await;
        }
    }

    /// What stands under the key: the answer, or how far the write came at this step.
    async fn granted_before(&self, step: Option<u32>) -> Result<Option<Stood>> {
        let Some(idempotency) = &self.idempotency else { return Ok(None) };
        let steps: Vec<Option<u32>> = [Some(None), step.map(Some)].into_iter().flatten().collect();
        let places: Vec<Key> = steps.iter().map(|step| idempotency.place(&self.cx.caller, *step)).collect();
        let found = self.visit.store.get_items(&places).await?;
        for (step, item) in steps.into_iter().zip(found) {
            let stood = item.map(|item| idempotency.standing(item, step, self.cx.wall)).transpose()?.flatten();
            if stood.is_some() {
                return Ok(stood);
            }
        }
        Ok(None)
    }

    /// The changes with what rides along: events, audit entry, idempotency record. The record comes last.
    fn with_company(
        &self,
        changes: Changes,
        run: &Run,
        step: Option<u32>,
        answer: &Rendered,
    ) -> Result<(Vec<Change>, Option<Key>)> {
        let Self { visit, row, cx, .. } = self;
        let about = About { request: &visit.request.id, dialect: visit.dialect.name(), operation: row.operation };
        let (mut list, entry) = with_company(cx, changes, &about, run)?;
        if let Some(idempotency) = &self.idempotency {
            list.extend(step.map(|_| idempotency.unfinished(&cx.caller, cx.wall)));
            let kept = row.without_secrets(&answer.clone().text()?);
            list.push(idempotency.change(&cx.caller, step, answer.status, kept, cx.wall)?);
        }
        Ok((list, entry))
    }

    /// The record that stood in the way of a commit.
    fn in_the_way(
        &self,
        changes: &[Change],
        failed: &[(usize, Option<Item>)],
        step: Option<u32>,
    ) -> Result<Option<Stood>> {
        let Some(key) = &self.idempotency else { return Ok(None) };
        let stood = |from_the_end: usize| {
            let found = failed.iter().find(|(place, _)| place + from_the_end == changes.len());
            found.and_then(|(_, item)| item.clone())
        };
        // Before a step's record comes the condition that the whole is not finished.
        if let (Some(_), Some(item)) = (step, stood(2)) {
            return key.stood(item, None).map(Some);
        }
        stood(1).map(|item| key.stood(item, step)).transpose()
    }
}

/// What the client is told of failed conditions; nothing when the operation is to run again.
pub(crate) fn told(changes: &[Change], failed: &[(usize, Option<Item>)]) -> Option<Error> {
    let told = failed
        .iter()
        .filter_map(|(place, _)| changes.get(*place).and_then(|change| meaning(change, failed.len() == 1)))
        .collect();
    merged(told)
}

/// Several failed conditions as one error: all their violations, where they are violations.
fn merged(told: Vec<Error>) -> Option<Error> {
    let mut violations: Vec<Violation> = Vec::new();
    for error in &told {
        match &error.told {
            Told::Invalid(more) => violations.extend(more.iter().cloned()),
            _ => return Some(error.clone()),
        }
    }
    (!violations.is_empty()).then(|| Error::told(Told::Invalid(violations)))
}
