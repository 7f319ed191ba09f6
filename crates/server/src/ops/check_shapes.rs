//! What checks and their answers look like.

use guildhall_domain::condition::Properties;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One question.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `usr_…`, `mem_…`, `svc_…`, a proved email address or a share link's token; left out: whoever asks.
    #[serde(default)]
    pub subject: Option<String>,
    /// Name of the permission.
    pub permission: String,
    /// On what: `res_…` or `type:external_id`; left out: the organization itself.
    #[serde(default)]
    pub resource: Option<String>,
    /// What conditions ask for: `subject`, `action`, `resource` and `context`, each an object.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub properties: Option<Box<Properties>>,
    /// Answer only from this revision on.
    #[serde(default)]
    pub at_least_revision: Option<u64>,
    /// Tell why.
    #[serde(default)]
    pub explain: bool,
}

impl Check {
    /// What was said for conditions to look at.
    pub(super) fn told(&self) -> &Properties {
        said(self.properties.as_deref())
    }
}

/// What a question says for conditions to look at.
pub(super) fn said(properties: Option<&Properties>) -> &Properties {
    properties.unwrap_or_else(|| Properties::none())
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// May they?
    pub allowed: bool,
    /// The revision it was decided at.
    pub revision: u64,
    /// The chain that caused it, when asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reasons: Option<Vec<Value>>,
}

/// Many questions.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Up to 1,000.
    pub checks: Vec<Check>,
}

/// Many answers, all of one revision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllChecked {
    /// In the order of the questions.
    pub results: Vec<Checked>,
    /// The revision they were decided at.
    pub revision: u64,
}
