//! An organization's account: its plan label and whom to write to about bills. Knows no payment.

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::change::Change;
use crate::ids::OrgId;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::text::{self, Email};

/// Most billing contacts of one organization.
const CONTACTS_MOST: usize = 20;

/// What an organization's account says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What people call the plan, perhaps nothing.
    pub plan: Option<String>,
    /// Addresses for bills.
    pub billing_contacts: Vec<String>,
}

/// The label of a plan; an empty one is none.
///
/// # Errors
/// `field.too_long`, naming `plan`.
pub fn plan(label: &str) -> Result<Option<String>, Refusal> {
    match label.trim() {
        "" => Ok(None),
        given => text::name(given, "plan").map(Some),
    }
}

/// Addresses for bills, each once.
///
/// # Errors
/// `email.invalid`, `email.duplicate`, `field.too_long`, naming the entry.
pub fn billing_contacts(wanted: &[String]) -> Result<Vec<String>, Refusal> {
    if wanted.len() > CONTACTS_MOST {
        return Err(Refusal::field("billing_contacts", "field.too_long", format!("at most {CONTACTS_MOST}")));
    }
    let mut read: Vec<Email> = Vec::new();
    for (at, one) in wanted.iter().enumerate() {
        let field = format!("billing_contacts[{at}]");
        let email = Email::parse(one, &field)?;
        if read.iter().any(|known| known.key() == email.key()) {
            return Err(Refusal::value(Code::EmailDuplicate, field, "stands in the list already"));
        }
        read.push(email);
    }
    Ok(read.iter().map(|email| email.shown().to_owned()).collect())
}

/// Refuses connections to identity providers with a plan that does not have them (PL-23). Those there are go on.
///
/// # Errors
/// `sso.plan`.
pub fn guard_sso(policy: &Policy, account: &Account) -> Result<(), Refusal> {
    let plans = &policy.sso_plans;
    if plans.is_empty() || account.plan.as_deref().is_some_and(|plan| plans.contains(plan)) {
        return Ok(());
    }
    let why = format!("single sign-on comes with the plan {}; ask whoever runs this installation for it", plans.told());
    Err(Refusal::because(Code::SsoPlan, why))
}

/// Changes the account; nothing changes when nothing differs. Where something depends on the plan, nobody gives it
/// to their own organization.
///
/// # Errors
/// `account.plan_kept`.
pub fn change(
    _permit: &Permit,
    policy: &Policy,
    administrator: bool,
    organization: OrgId,
    before: Account,
    after: Account,
) -> Result<Vec<Change>, Refusal> {
    if before == after {
        return Ok(Vec::new());
    }
    if before.plan != after.plan && !policy.sso_plans.is_empty() && !administrator {
        return Err(Code::PlanKept.into());
    }
    Ok(vec![Change::AccountChanged { organization, before, after }])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pl_12_contacts_are_addresses_each_once_and_an_empty_label_is_none() {
        let contacts = |list: &[&str]| billing_contacts(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(contacts(&[" Pay@Bücher.example"]).unwrap(), ["Pay@xn--bcher-kva.example"]);
        assert_eq!(contacts(&["a@b.test", "A@B.test"]).unwrap_err().code, Code::EmailDuplicate);
        assert_eq!(contacts(&["a@b.test", "nobody"]).unwrap_err().errors.first().unwrap().field, "billing_contacts[1]");
        assert!(billing_contacts(&vec![String::new(); CONTACTS_MOST + 1]).is_err());
        assert_eq!(plan("  ").unwrap(), None);
        assert_eq!(plan(" Team  Plan ").unwrap().as_deref(), Some("Team Plan"));
    }

    #[test]
    fn pl_23_single_sign_on_comes_with_the_plans_the_policy_names() {
        let on = |plan: Option<&str>| Account { plan: plan.map(str::to_owned), ..Account::default() };
        let mut policy = Policy::default();
        assert!(guard_sso(&policy, &on(None)).is_ok(), "no plan is named: every plan");
        policy.set("sso.plans", &serde_json::json!(["Enterprise", " Big  plan "])).unwrap();
        assert!(guard_sso(&policy, &on(Some("enterprise"))).is_ok());
        assert!(guard_sso(&policy, &on(Some("Big plan"))).is_ok());
        for other in [None, Some("Team"), Some("Enterprise 2")] {
            assert_eq!(guard_sso(&policy, &on(other)).unwrap_err().code, Code::SsoPlan);
        }
    }
}
