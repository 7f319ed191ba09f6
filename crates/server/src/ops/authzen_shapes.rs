//! What AuthZEN's requests and pages look like. Unknown members are passed over, as the specification asks; what is
//! missing is told by whoever needs it, since in a batch that is one question's trouble only.

use guildhall_domain::condition::Properties;
use guildhall_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A subject or a resource.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entity {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its id within the type.
    pub id: Option<String>,
    /// Further facts, which conditions look at.
    pub properties: Option<Map<String, Value>>,
}

fn text(value: Option<&String>, field: &str, leaf: &str) -> Result<String, Refusal> {
    value.cloned().ok_or_else(|| Refusal::field(format!("{field}.{leaf}"), "field.missing", "must be given"))
}

impl Entity {
    pub(super) fn kind(&self, field: &str) -> Result<String, Refusal> {
        text(self.kind.as_ref(), field, "type")
    }

    pub(super) fn whole(&self, field: &str) -> Result<(String, String), Refusal> {
        Ok((self.kind(field)?, text(self.id.as_ref(), field, "id")?))
    }

    /// This one, with what it lacks taken from `usual`.
    fn or(self, usual: Option<&Self>) -> Self {
        let usual = usual.cloned().unwrap_or_default();
        Self { kind: self.kind.or(usual.kind), id: self.id.or(usual.id), properties: self.properties }
    }
}

/// An action.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: Option<String>,
    /// Further facts, which conditions look at.
    pub properties: Option<Map<String, Value>>,
}

impl Named {
    pub(super) fn name(&self, field: &str) -> Result<String, Refusal> {
        text(self.name.as_ref(), field, "name")
    }
}

/// One question.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Question {
    /// Who.
    pub subject: Option<Entity>,
    /// Does what.
    pub action: Option<Named>,
    /// On what.
    pub resource: Option<Entity>,
    /// Circumstances, which conditions look at.
    pub context: Option<Map<String, Value>>,
}

impl Question {
    /// What it says for conditions to look at.
    pub(super) fn told(&self) -> Properties {
        let of = |entity: Option<&Entity>| entity.and_then(|one| one.properties.clone()).unwrap_or_default();
        Properties {
            subject: of(self.subject.as_ref()),
            action: self.action.as_ref().and_then(|action| action.properties.clone()).unwrap_or_default(),
            resource: of(self.resource.as_ref()),
            context: self.context.clone().unwrap_or_default(),
        }
    }
}

/// When a batch is decided.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    /// Every question is answered.
    #[default]
    ExecuteAll,
    /// At the first no.
    DenyOnFirstDeny,
    /// At the first yes.
    PermitOnFirstPermit,
}

impl Semantic {
    pub(super) const fn ends_at(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }
}

/// How a batch is to be answered.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Options {
    /// When it is decided.
    #[serde(default)]
    pub evaluations_semantic: Semantic,
}

/// Many questions, and what those that leave it out take.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Batch {
    /// Who, unless a question says otherwise.
    pub subject: Option<Entity>,
    /// Does what.
    pub action: Option<Named>,
    /// On what.
    pub resource: Option<Entity>,
    /// Circumstances.
    pub context: Option<Map<String, Value>>,
    /// The questions; none asks the one above alone.
    pub evaluations: Option<Vec<Question>>,
    /// How.
    pub options: Option<Options>,
}

impl Batch {
    /// The question that stands above the others, when it is the only one.
    #[must_use]
    pub fn single(&self) -> Option<Question> {
        self.evaluations.as_ref().is_none_or(Vec::is_empty).then(|| Question {
            subject: self.subject.clone(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
        })
    }

    pub(super) fn semantic(&self) -> Semantic {
        self.options.unwrap_or_default().evaluations_semantic
    }

    /// The questions with what they leave out: a whole subject, action or resource, or a member of it that
    /// must be there.
    pub(super) fn questions(&self) -> impl Iterator<Item = Question> + '_ {
        self.evaluations.iter().flatten().cloned().map(|one| Question {
            subject: one.subject.map(|own| own.or(self.subject.as_ref())).or_else(|| self.subject.clone()),
            action: match one.action {
                Some(Named { name: Some(name), properties }) => Some(Named { name: Some(name), properties }),
                _ => self.action.clone(),
            },
            resource: one.resource.map(|own| own.or(self.resource.as_ref())).or_else(|| self.resource.clone()),
            context: one.context.or_else(|| self.context.clone()),
        })
    }
}

/// Which page of a search.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageWanted {
    /// Where the page before ended.
    pub token: Option<String>,
    /// How many at most.
    pub limit: Option<u64>,
}

impl PageWanted {
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone().filter(|token| !token.is_empty())
    }
}

/// A question with one part left open.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    /// Who.
    pub subject: Option<Entity>,
    /// Does what.
    pub action: Option<Named>,
    /// On what.
    pub resource: Option<Entity>,
    /// Circumstances, which conditions look at.
    pub context: Option<Map<String, Value>>,
    /// Which page.
    pub page: Option<PageWanted>,
}

impl Search {
    pub(super) fn page(&self) -> PageWanted {
        self.page.clone().unwrap_or_default()
    }

    pub(super) fn question(&self) -> Question {
        let (subject, action, resource) = (self.subject.clone(), self.action.clone(), self.resource.clone());
        Question { subject, action, resource, context: self.context.clone() }
    }
}

/// One page of found things.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Subjects, resources or actions.
    pub results: Vec<Value>,
    /// Where it goes on.
    pub page: PageFound,
}

/// Where a search goes on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PageFound {
    /// Empty on the last page.
    pub next_token: String,
    /// How many results this page has.
    pub count: usize,
}

impl Found {
    pub(super) fn page(results: Vec<Value>, next: Option<String>) -> Self {
        Self { page: PageFound { next_token: next.unwrap_or_default(), count: results.len() }, results }
    }
}
