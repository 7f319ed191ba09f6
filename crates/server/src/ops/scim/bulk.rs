//! Bulk requests (RFC 7644, 3.7): many operations in few transactions. Each is decided by itself, and what is refused
//! has changed nothing; resources made by one can be named by others, whatever their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use guildhall_domain::ids::MemberId;
use guildhall_store::Tx;
use guildhall_store::read::scim::Kind;
use serde_json::{Value, json};

use super::people::Edit;
use super::resources::{Resource, Seen, about, deleted, edited, made};
use super::shapes::etag;
use super::{Directory, Halt, Site, settle};
use crate::scim::ScimError;
use crate::scim::document::Document;
use crate::scim::projection::Projection;
use crate::scim::publish::BULK_MOST;

/// The schema of an answer.
const ANSWER: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// How many operations share one transaction: others of the organization wait for no more than these.
const TOGETHER: usize = 200;
/// How a resource is named that an operation of the same request makes.
const REFERENCE: &str = "bulkId:";

/// What one operation does.
#[derive(Clone, Debug)]
enum Deed {
    Make(Kind),
    Replace(Kind, String),
    Patch(Kind, String),
    Delete(Kind, String),
}

/// One operation, read.
#[derive(Clone, Debug)]
struct Operation {
    at: usize,
    method: String,
    bulk_id: Option<String>,
    version: Option<String>,
    deed: Result<Deed, ScimError>,
    data: Value,
}

fn text<'a>(operation: &'a Document, name: &str) -> Option<&'a str> {
    operation.get(name).and_then(Value::as_str)
}

fn deed(method: &str, path: &str) -> Result<Deed, ScimError> {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let kind = match parts.next() {
        Some("Users") => Kind::People,
        Some("Groups") => Kind::Groups,
        _ => return Err(ScimError::syntax(format!("the path `{path}` leads to no users or groups"))),
    };
    match (method, parts.next().map(str::to_owned)) {
        ("POST", None) => Ok(Deed::Make(kind)),
        ("PUT", Some(id)) => Ok(Deed::Replace(kind, id)),
        ("PATCH", Some(id)) => Ok(Deed::Patch(kind, id)),
        ("DELETE", Some(id)) => Ok(Deed::Delete(kind, id)),
        _ => Err(ScimError::syntax(format!("{method} of `{path}` is no operation"))),
    }
}

fn read(at: usize, operation: Value) -> Operation {
    let mut given = match operation {
        Value::Object(given) => given,
        _ => Document::new(),
    };
    let data = given.remove("data").unwrap_or(Value::Null);
    let method = text(&given, "method").unwrap_or_default().to_ascii_uppercase();
    let bulk_id = text(&given, "bulkId").filter(|id| !id.is_empty()).map(str::to_owned);
    let deed = match (method.as_str(), &bulk_id) {
        ("POST", None) => Err(ScimError::syntax("a POST needs a `bulkId`")),
        _ => deed(&method, text(&given, "path").unwrap_or_default()),
    };
    let version = text(&given, "version").map(str::to_owned);
    Operation { at, method, bulk_id, version, deed, data }
}

/// Every resource of the request that a value names.
fn named(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => into.extend(text.strip_prefix(REFERENCE).map(str::to_owned)),
        Value::Array(list) => list.iter().for_each(|one| named(one, into)),
        Value::Object(object) => object.values().for_each(|one| named(one, into)),
        _ => {}
    }
}

fn resolve(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix(REFERENCE).and_then(|name| ids.get(name)) {
                id.clone_into(text);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| resolve(one, ids)),
        Value::Object(object) => object.values_mut().for_each(|one| resolve(one, ids)),
        _ => {}
    }
}

impl Operation {
    /// Resources of the request it names.
    fn needs(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        named(&self.data, &mut found);
        if let Ok(Deed::Replace(_, id) | Deed::Patch(_, id) | Deed::Delete(_, id)) = &self.deed {
            found.extend(id.strip_prefix(REFERENCE).map(str::to_owned));
        }
        found
    }

    fn resolved(mut self, ids: &HashMap<String, String>) -> Self {
        resolve(&mut self.data, ids);
        if let Ok(Deed::Replace(_, id) | Deed::Patch(_, id) | Deed::Delete(_, id)) = &mut self.deed
            && let Some(known) = id.strip_prefix(REFERENCE).and_then(|name| ids.get(name))
        {
            known.clone_into(id);
        }
        self
    }

    fn about(&self) -> Vec<MemberId> {
        match &self.deed {
            Ok(Deed::Replace(kind, id) | Deed::Patch(kind, id) | Deed::Delete(kind, id)) => about(*kind, id),
            _ => Vec::new(),
        }
    }

    fn run(&self, site: &Site, tx: &mut Tx<'_>) -> Result<(u16, Option<Resource>), Halt> {
        let empty = Document::new();
        let data = match (&self.data, &self.deed) {
            (Value::Object(data), _) => data,
            (_, Ok(Deed::Delete(..))) => &empty,
            _ => return Err(ScimError::syntax("`data` must be an object").into()),
        };
        let (seen, bare) = (Seen::of(self.version.as_deref()), Projection::Nothing);
        match self.deed.clone()? {
            Deed::Make(kind) => Ok((201, Some(made(site, tx, kind, data, &bare)?))),
            Deed::Replace(kind, id) => {
                Ok((200, Some(edited(site, tx, (kind, &id), Edit::Replace(data), &seen, &bare)?)))
            }
            Deed::Patch(kind, id) => Ok((200, Some(edited(site, tx, (kind, &id), Edit::Patch(data), &seen, &bare)?))),
            Deed::Delete(kind, id) => deleted(site, tx, (kind, &id), &seen).map(|()| (204, None)),
        }
    }

    /// What is told of it.
    fn told(&self, outcome: &Result<(u16, Option<Resource>), ScimError>) -> Value {
        let mut told = json!({"method": self.method});
        let mut add =
            |name: &str, value: Value| told.as_object_mut().and_then(|all| all.insert(name.to_owned(), value));
        if let Some(id) = &self.bulk_id {
            add("bulkId", json!(id));
        }
        match outcome {
            Ok((status, resource)) => {
                add("status", json!(status.to_string()));
                if let Some(resource) = resource {
                    add("location", json!(resource.location));
                    add("version", json!(etag(resource.version)));
                }
            }
            Err(error) => {
                add("status", json!(error.status.to_string()));
                add("response", error.body());
            }
        }
        told
    }
}

/// What a whole bulk request came to.
#[derive(Clone, Debug)]
pub struct Bulked {
    /// The answer's body.
    pub body: Value,
    /// In words, for the log.
    pub did: String,
}

/// How far a request has come.
struct Progress {
    ids: HashMap<String, String>,
    told: BTreeMap<usize, Value>,
    refused: usize,
    did: Vec<String>,
    /// After how many refusals it stops.
    stop_after: usize,
}

impl Progress {
    fn note(&mut self, operation: &Operation, outcome: &Result<(u16, Option<Resource>), ScimError>) {
        self.told.insert(operation.at, operation.told(outcome));
        match outcome {
            Ok((_, Some(made))) if operation.method == "POST" => {
                self.ids.extend(operation.bulk_id.clone().map(|name| (name, made.id.clone())));
            }
            Ok(_) => {}
            Err(_) => self.refused += 1,
        }
    }

    fn is_over(&self) -> bool {
        self.refused >= self.stop_after
    }
}

/// Does a bulk request.
///
/// # Errors
/// `invalidSyntax`, 413 for too many operations; what an operation is refused for stands in the answer.
pub async fn run(directory: &Directory, mut body: Document) -> Result<Bulked, Halt> {
    let Some(Value::Array(given)) = body.remove("Operations") else {
        return Err(ScimError::syntax("`Operations` must be a list").into());
    };
    if given.len() > BULK_MOST {
        return Err(ScimError::too_large(format!("more than {BULK_MOST} operations")).into());
    }
    let stop_after = match body.get("failOnErrors") {
        None | Some(Value::Null) => usize::MAX,
        Some(n) => match n.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0) {
            Some(n) => n,
            None => return Err(ScimError::syntax("`failOnErrors` must be a whole number above 0").into()),
        },
    };
    let mut waiting: Vec<Operation> = given.into_iter().enumerate().map(|(at, one)| read(at, one)).collect();
    let promised: BTreeSet<String> =
        waiting.iter().filter(|o| o.method == "POST").filter_map(|o| o.bulk_id.clone()).collect();
    let mut progress = Progress { ids: HashMap::new(), told: BTreeMap::new(), refused: 0, did: Vec::new(), stop_after };
    while !waiting.is_empty() && !progress.is_over() {
        // Whoever names something that is still to be made waits for it.
        let ready =
            |o: &Operation| o.needs().iter().all(|name| progress.ids.contains_key(name) || !promised.contains(name));
        let (mut now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
        if now.is_empty() {
            for operation in &later {
                let lost = ScimError::unique(
                    "it names a resource of this request that was not made, or that names it in turn",
                );
                progress.note(operation, &Err(ScimError { kind: None, ..lost }));
            }
            break;
        }
        let rest = now.split_off(now.len().min(TOGETHER));
        waiting = rest.into_iter().chain(later).collect();
        together(directory, now, &mut progress).await?;
    }
    let operations: Vec<Value> = progress.told.into_values().collect();
    let (done, refused) = (operations.len() - progress.refused, progress.refused);
    let did = format!("{done} done, {refused} refused; {}", progress.did.join("; "));
    Ok(Bulked { body: json!({"schemas": [ANSWER], "Operations": operations}), did })
}

/// Does some operations in one transaction.
async fn together(directory: &Directory, operations: Vec<Operation>, progress: &mut Progress) -> Result<(), Halt> {
    let operations: Arc<Vec<Operation>> =
        Arc::new(operations.into_iter().map(|operation| operation.resolved(&progress.ids)).collect());
    let about = operations.iter().flat_map(Operation::about).collect();
    let (work, left) = (Arc::clone(&operations), progress.stop_after - progress.refused);
    let written = directory
        .write(about, move |site, tx| {
            let (mut outcomes, mut refused) = (Vec::with_capacity(work.len()), 0);
            for operation in work.iter() {
                if refused >= left {
                    break;
                }
                let outcome = settle(operation.run(site, tx))?;
                refused += usize::from(outcome.is_err());
                outcomes.push(outcome);
            }
            Ok(outcomes)
        })
        .await?;
    for (operation, outcome) in operations.iter().zip(&written.value) {
        progress.note(operation, outcome);
    }
    progress.did.extend(Some(written.did).filter(|did| !did.is_empty()));
    Ok(())
}
