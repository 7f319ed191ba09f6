//! The settings of a policy as the inputs of a form: what each is called, how it is turned, and what the
//! form sends back. Which values are allowed is the domain's to say.

use guildhall_domain::policy::{Knob, RoleList, Shape};
use guildhall_domain::preset::Rules;
use serde_json::{Value, json};

use crate::console::view::{Choice, KnobControl};
use crate::console::visit::Sent;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// The headings: the last part of the page's address, what it is called, and what it is about.
pub(super) const GROUPS: [(&str, &str, &str); 8] = [
    ("joining", "Joining", "How people come in."),
    ("leaving", "Roles and leaving", "Who changes whom, and how people go."),
    ("sessions", "Sessions and tokens", "How long what was opened stays open."),
    ("sharing", "Sharing", "What may be given to whom, and for how long."),
    ("seats", "Seats", "How many there may be."),
    ("approval", "Approval", "Who has a say before somebody is in."),
    ("domains", "Domains", "What the domain of somebody's address decides."),
    ("organizations", "Organizations", "Who makes them, and what they may be called."),
];
/// The order of their pages.
pub(super) const ORDER: [usize; 8] = [0, 5, 6, 1, 2, 3, 4, 7];

/// What each knob is called, and the heading it stands under.
const TITLES: &[(Knob, usize, &str)] = &[
    (Knob::InviteTtlS, 0, "Invitations work for"),
    (Knob::InviteReissueAfterExpiry, 0, "Inviting again after expiry"),
    (Knob::InviteDeliver, 0, "How invitations travel"),
    (Knob::InviteReissueOverride, 0, "The top role may invite again all the same"),
    (Knob::InviteAddressee, 0, "How invited people are named"),
    (Knob::InviteNamesRequired, 0, "Given and family name are needed"),
    (Knob::InviteCarries, 0, "What invitations give"),
    (Knob::InviteBulk, 0, "When one of a list cannot be invited"),
    (Knob::InviteLinkOffered, 0, "Links that anybody holding them joins with"),
    (Knob::InviteLinkTtlS, 0, "Such links work for at most"),
    (Knob::InviteLinkUses, 0, "People who come in with one link at most"),
    (Knob::RoleDefault, 0, "Role to start with"),
    (Knob::ApprovalMode, 5, "Approvals"),
    (Knob::ApprovalExemptNamedInvites, 5, "Invited people skip the approval"),
    (Knob::ApprovalDomains, 6, "Our mail domains"),
    (Knob::SignupOpen, 0, "People join by themselves"),
    (Knob::SignupClosedByInvites, 0, "Invitations close the sign-up"),
    (Knob::SignupDomains, 6, "Mail domains that may sign up"),
    (Knob::SignupRefusesDisposable, 6, "Refuse short-lived addresses"),
    (Knob::SignupVerifiedEmail, 0, "Proof of the address before joining"),
    (Knob::SignupMakesOrganization, 7, "Sign-ups make organizations"),
    (Knob::ApprovalOnDisable, 5, "When approvals are switched off"),
    (Knob::JoinRequests, 0, "People may ask to join"),
    (Knob::DomainAutoJoin, 6, "Mail domains that join by themselves"),
    (Knob::DomainExclusive, 6, "Only these mail domains"),
    (Knob::DomainExcludesLinks, 6, "No invite links beside our domains"),
    (Knob::OrganizationNameLengthMin, 7, "Shortest name of an organization"),
    (Knob::OrganizationNameLengthMax, 7, "Longest name of an organization"),
    (Knob::OrganizationNameForbids, 7, "Characters a name must not have"),
    (Knob::OrganizationNameUnique, 7, "Names are unique"),
    (Knob::SeatsMax, 4, "Seats"),
    (Knob::SeatsMode, 4, "When all seats are taken"),
    (Knob::SeatsCountsInvited, 4, "Invitations hold a seat"),
    (Knob::IdentityOrganizations, 7, "Organizations of one person"),
    (Knob::OrganizationPersonal, 7, "One person's own"),
    (Knob::JoinDirect, 0, "Who is added directly"),
    (Knob::OrganizationCreatedBy, 7, "Who makes organizations"),
    (Knob::RoleChangeAuthority, 1, "Who changes roles and removes"),
    (Knob::GroupRequired, 1, "Everybody is in a group"),
    (Knob::GroupShown, 1, "Groups that people see"),
    (Knob::GroupManagersLimitUse, 1, "Those who run a group set its limits"),
    (Knob::GroupManagerRole, 1, "Role of those who manage groups"),
    (Knob::GroupManagerRoleLost, 1, "Role after managing the last group"),
    (Knob::RolesCustom, 1, "Roles of our own"),
    (Knob::SelfDemote, 1, "Lowering one's own role"),
    (Knob::SelfDeactivateOrRemove, 1, "Removing oneself"),
    (Knob::LeaveAllowedFor, 1, "Who may leave"),
    (Knob::OffboardModes, 1, "How people are taken out"),
    (Knob::DeletePrecondition, 1, "Before somebody is removed"),
    (Knob::DeleteOwnedObjects, 1, "What a removed person owned"),
    (Knob::RemovalGraceS, 1, "A removal can be undone for"),
    (Knob::OffboardUpstreamNotice, 1, "Warn of access granted elsewhere"),
    (Knob::OwnersRecommended, 1, "Recommended holders of the top role"),
    (Knob::ScopeControlledByGrants, 3, "A grant closes a scope to everybody else"),
    (Knob::GrantsOffered, 3, "Grants on single things"),
    (Knob::ShareLinkAllowed, 3, "Sharing by link"),
    (Knob::ShareLinkMaxLifeS, 3, "Longest life of a share link"),
    (Knob::TokenMaxPerMember, 2, "Tokens of one person"),
    (Knob::TokenMaxLifeS, 2, "Longest life of a token"),
    (Knob::TokenMinLifeS, 2, "Shortest life of a token with an end"),
    (Knob::TokenWholeDays, 2, "Tokens end with their day"),
    (Knob::TokenValueAgain, 2, "Tokens can be seen again"),
    (Knob::ServiceAccountMaxTokens, 2, "Tokens of one service account"),
    (Knob::DeployKeysOffered, 2, "Deploy keys"),
    (Knob::ScimOffered, 2, "A directory may keep people and groups"),
    (Knob::ScimLocalChanges, 1, "Changing what a directory keeps"),
    (Knob::ScimReservesRoleNames, 1, "A directory's groups are not called like roles"),
    (Knob::SessionIdleS, 2, "Sessions end when idle for"),
    (Knob::SessionAbsoluteS, 2, "Sessions end after"),
    (Knob::SsoPlans, 2, "Plans with single sign-on"),
    (Knob::SsoRequired, 2, "Single sign-on is required"),
    (Knob::SsoRequiredFrom, 2, "Required from"),
    (Knob::SsoBreakGlass, 2, "Who keeps another way in"),
    (Knob::DomainClaimedOnly, 6, "Only claimed domains count"),
    (Knob::SessionNewOnly, 2, "A changed length holds for new sessions only"),
    (Knob::AccessNetworks, 2, "Only from these networks"),
    (Knob::MfaRequired, 2, "Who needs a second factor"),
    (Knob::MfaGraceS, 2, "Time to set up a second factor"),
    (Knob::SessionStepUpS, 2, "Ask again who it is, for what is delicate"),
];

/// The heading a knob stands under, and what it is called.
pub(super) fn title(knob: Knob) -> (usize, &'static str) {
    TITLES.iter().find(|row| row.0 == knob).map_or((0, knob.name()), |row| (row.1, row.2))
}

/// A word of a choice, for people.
fn word_label(rules: &Rules, knob: Knob, word: &str) -> String {
    let top = &rules.preset().top_role().name;
    match (knob, word) {
        (Knob::InviteDeliver, "email") => "By mail".to_owned(),
        (Knob::InviteDeliver, "link") => "By a link that is handed over".to_owned(),
        (Knob::InviteAddressee, "email") => "By address".to_owned(),
        (Knob::InviteAddressee, "handle") => "By the handle of an account".to_owned(),
        (Knob::InviteCarries, "role") => "A role".to_owned(),
        (Knob::InviteCarries, "groups") => "Places in groups".to_owned(),
        (Knob::InviteCarries, "resources") => "Roles inside what is here".to_owned(),
        (Knob::InviteBulk, "each") => "The others are invited".to_owned(),
        (Knob::InviteBulk, "all_or_nothing") => "Nobody is invited".to_owned(),
        (Knob::MfaRequired, "off") => "Nobody has to".to_owned(),
        (Knob::MfaRequired, "administrators") => "Whoever decides about others".to_owned(),
        (Knob::MfaRequired, "all") => "Everybody".to_owned(),
        (Knob::ApprovalMode, "off") => "Nobody waits".to_owned(),
        (Knob::ApprovalOnDisable, "approve_all") => "Whoever waits is let in".to_owned(),
        (Knob::ApprovalOnDisable, "keep_waiting") => "Whoever waits goes on waiting".to_owned(),
        (Knob::SeatsMode, "cap") => "Nobody else comes in".to_owned(),
        (Knob::SeatsMode, "warn") => "More may come; owners are told".to_owned(),
        (Knob::ApprovalMode, "all") => "Everybody waits".to_owned(),
        (Knob::ApprovalMode, "outside_domains") => "Addresses outside our domains wait".to_owned(),
        (Knob::RoleChangeAuthority, "top") => format!("{top} alone"),
        (Knob::RoleChangeAuthority, "admin_below_own_rank") => "Below one's own rank".to_owned(),
        (Knob::RoleChangeAuthority, "admin") => "Up to one's own rank".to_owned(),
        (Knob::SelfDeactivateOrRemove, "leave") => "Counts as leaving".to_owned(),
        (Knob::SelfDeactivateOrRemove, "forbidden") => "Is refused".to_owned(),
        (Knob::DeletePrecondition, "none") => "Nothing".to_owned(),
        (Knob::DeletePrecondition, "deactivated") => "They must be deactivated".to_owned(),
        (Knob::DeletePrecondition, "transferred") => "They must own nothing any more".to_owned(),
        (Knob::DeleteOwnedObjects, "org_owned") => "Belongs to the organization".to_owned(),
        (Knob::DeleteOwnedObjects, "block") => "Somebody decides about each first".to_owned(),
        (Knob::DeleteOwnedObjects, "orphan") => "Has no owner any more".to_owned(),
        (Knob::DeleteOwnedObjects, "transfer_required") => "Somebody else must own each first".to_owned(),
        _ => {
            let plain = word.replace('_', " ");
            let mut letters = plain.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

fn is_span(knob: Knob) -> bool {
    knob.name().ends_with("_s")
}

/// The largest unit that shows the length without a rest, and how many of it.
fn span(seconds: i64) -> (i64, i64) {
    let unit = [DAY_S, HOUR_S, MINUTE_S].into_iter().find(|unit| seconds % unit == 0).unwrap_or(1);
    (seconds / unit, unit)
}

const UNITS: [(i64, &str); 4] = [(DAY_S, "days"), (HOUR_S, "hours"), (MINUTE_S, "minutes"), (1, "seconds")];

fn units(chosen: &str, seconds_too: bool) -> Vec<Choice> {
    let fit = UNITS.iter().filter(|(unit, _)| *unit > 1 || seconds_too);
    fit.map(|(unit, label)| Choice::new(unit.to_string(), *label).selected(chosen == unit.to_string())).collect()
}

fn list(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn roles<'a>(rules: &'a Rules) -> impl Iterator<Item = Choice> + 'a {
    rules.organization_roles().map(|role| Choice::new(&role.slug, &role.name))
}

/// The input of a knob with `value`, or with what was typed into it.
pub(super) fn control(rules: &Rules, knob: Knob, value: &Value, typed: Option<&Sent>) -> KnobControl {
    let text =
        value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
    match knob.shape() {
        Shape::Switch => KnobControl::Toggle(value.as_bool().unwrap_or_default()),
        Shape::Number { .. } if is_span(knob) => {
            let (amount, unit) = match typed {
                Some(sent) => (sent.get(knob.name()).to_owned(), sent.get(&unit_field(knob)).to_owned()),
                None => value.as_i64().map_or_else(
                    || (String::new(), DAY_S.to_string()),
                    |seconds| {
                        let (amount, unit) = span(seconds);
                        (amount.to_string(), unit.to_string())
                    },
                ),
            };
            KnobControl::Span { value: amount, units: units(&unit, unit == "1") }
        }
        Shape::Number { within, .. } => {
            let most = if *within.end() == i64::MAX { String::new() } else { within.end().to_string() };
            KnobControl::Number { value: text, min: within.start().to_string(), max: most, unit: String::new() }
        }
        Shape::One(words) => KnobControl::Choice(
            words.iter().map(|w| Choice::new(*w, word_label(rules, knob, w)).selected(*w == text)).collect(),
        ),
        Shape::Role => KnobControl::Choice(
            roles(rules)
                .map(|role| {
                    // The same question the change is decided by: not every role can be the usual one.
                    let asked = [(knob.name().to_owned(), json!(role.value))].into_iter().collect();
                    let refused = rules.change_policy(&asked).err();
                    let chosen = role.value == text;
                    let role = role.selected(chosen);
                    match refused.and_then(|errors| errors.into_iter().next()) {
                        Some(error) if !chosen => role.refused(error.detail),
                        _ => role,
                    }
                })
                .collect(),
        ),
        Shape::Several(words) => {
            let chosen = list(value);
            let tick = |w: &&str| Choice::new(*w, word_label(rules, knob, w)).selected(chosen.contains(w));
            KnobControl::Ticks(words.iter().map(tick).collect())
        }
        Shape::Roles => {
            let chosen = list(value);
            let all = chosen.contains(&RoleList::EVERYBODY);
            let tick = |role: Choice| {
                let on = all || chosen.contains(&role.value.as_str());
                role.selected(on)
            };
            KnobControl::Ticks(roles(rules).map(tick).collect())
        }
        Shape::Domains | Shape::Addresses | Shape::Labels => KnobControl::Lines(list(value).join("\n")),
        Shape::Characters | Shape::Moment => KnobControl::Text(text),
    }
}

/// The value of a knob in words.
pub(super) fn shown(rules: &Rules, knob: Knob, value: &Value) -> String {
    let chosen = |choices: Vec<Choice>| {
        let labels: Vec<String> = choices.into_iter().filter(|c| c.selected).map(|c| c.label).collect();
        if labels.is_empty() { "None".to_owned() } else { labels.join(", ") }
    };
    match control(rules, knob, value, None) {
        KnobControl::Toggle(on) => if on { "Yes" } else { "No" }.to_owned(),
        KnobControl::Choice(choices) | KnobControl::Ticks(choices) => chosen(choices),
        KnobControl::Span { value: amount, units } => {
            if amount.is_empty() {
                return "No end".to_owned();
            }
            format!("{amount} {}", chosen(units))
        }
        KnobControl::Number { value, .. } | KnobControl::Text(value) | KnobControl::Shown(value) => {
            if value.is_empty() { "No limit".to_owned() } else { value }
        }
        KnobControl::Lines(lines) => {
            if lines.is_empty() {
                "None".to_owned()
            } else {
                lines.replace('\n', ", ")
            }
        }
    }
}

fn unit_field(knob: Knob) -> String {
    format!("{}.unit", knob.name())
}

/// What a form says about a knob; `None` when it does not mention it. What is no value of the knob at all
/// is passed on as text, so that the refusal names it.
pub(super) fn read(rules: &Rules, knob: Knob, sent: &Sent) -> Option<Value> {
    let given = sent.all(knob.name());
    let last = given.last()?.trim();
    let number = |text: &str, unit: i64| match text.parse::<i64>() {
        Ok(n) => n.checked_mul(unit).map_or_else(|| json!(text), |n| json!(n)),
        Err(_) => json!(text),
    };
    Some(match knob.shape() {
        Shape::Switch => json!(last == "true"),
        Shape::Number { optional: true, .. } if last.is_empty() => Value::Null,
        Shape::Number { .. } if is_span(knob) => number(last, sent.get(&unit_field(knob)).parse().unwrap_or(1)),
        Shape::Number { .. } => number(last, 1),
        Shape::Moment if last.is_empty() => Value::Null,
        Shape::One(_) | Shape::Role | Shape::Moment | Shape::Characters => json!(last),
        Shape::Several(_) => given.iter().filter(|word| !word.is_empty()).copied().collect(),
        Shape::Roles => {
            let ticked: Vec<&str> = given.iter().filter(|slug| !slug.is_empty()).copied().collect();
            if ticked.len() == rules.organization_roles().count() {
                json!([RoleList::EVERYBODY])
            } else {
                json!(ticked)
            }
        }
        Shape::Labels => last.lines().map(str::trim).filter(|label| !label.is_empty()).collect(),
        Shape::Domains | Shape::Addresses => {
            last.split([',', '\n', '\r', ' ']).map(str::trim).filter(|d| !d.is_empty()).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_knob_has_a_title() {
        for knob in Knob::ALL {
            assert!(TITLES.iter().any(|row| row.0 == *knob), "{}", knob.name());
        }
    }

    use guildhall_domain::preset;

    #[test]
    fn lengths_show_in_the_largest_unit_that_fits() {
        assert_eq!(span(604_800), (7, DAY_S));
        assert_eq!(span(5_400), (90, MINUTE_S));
        assert_eq!(span(61), (61, 1));
    }

    #[test]
    fn every_knob_of_every_preset_shows_its_value_in_words() {
        for preset in preset::all_built_in() {
            let rules = Rules::new(preset.clone(), preset.policy.clone());
            for knob in Knob::ALL {
                let words = shown(&rules, *knob, &rules.policy().get(*knob));
                assert!(!words.is_empty() && !words.contains('_'), "{}: {words}", knob.name());
                assert!(title(*knob).0 < GROUPS.len());
            }
        }
    }
}
