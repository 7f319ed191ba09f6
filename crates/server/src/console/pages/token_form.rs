//! What the forms of tokens share, a person's and a service account's: how long one may live, and the permissions
//! it may carry. Decides nothing.

use guildhall_domain::permission::Mask;
use guildhall_domain::preset::Preset;
use guildhall_domain::refusal::Refusal;

use crate::console::view::{Choice, ScopeGroup, titled};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// What is offered as a token's life, and what of it is chosen at first.
const LIVES_S: [i64; 4] = [7 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S];
const USUAL_S: i64 = 30 * DAY_S;

/// A span of time in its largest whole unit.
pub(super) fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        s if s % (365 * DAY_S) == 0 => (s / (365 * DAY_S), "year"),
        s if s % DAY_S == 0 => (s / DAY_S, "day"),
        s if s % HOUR_S == 0 => (s / HOUR_S, "hour"),
        s => (s / 60, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The lives a token may have here: what the policy allows of the usual ones, its longest, or for ever.
pub(super) fn lives(longest_s: Option<i64>, typed: Option<&str>) -> Vec<Choice> {
    let mut offered: Vec<i64> = LIVES_S.into_iter().filter(|s| longest_s.is_none_or(|most_s| *s <= most_s)).collect();
    offered.extend(longest_s.filter(|most_s| !offered.contains(most_s)));
    let usual_s = if offered.contains(&USUAL_S) { Some(USUAL_S) } else { offered.last().copied() };
    let chosen = typed.map_or_else(|| usual_s.map(|s| s.to_string()).unwrap_or_default(), str::to_owned);
    let mut values: Vec<(String, String)> =
        offered.iter().map(|s| (s.to_string(), format!("In {}", span(*s)))).collect();
    if longest_s.is_none() {
        values.push((String::new(), "Never".to_owned()));
    }
    values.into_iter().map(|(value, label)| Choice::new(&value, label).selected(value == chosen)).collect()
}

/// The permissions of `held`, by what they are about.
pub(super) fn groups(preset: &Preset, held: Mask, chosen: &[&str]) -> Vec<ScopeGroup> {
    let mut groups: Vec<ScopeGroup> = Vec::new();
    for (_, permission) in preset.catalogue.iter().filter(|(bit, _)| held.contains(*bit)) {
        let about = permission.name.split('.').next().unwrap_or_default();
        let label = preset.resource_type(about).map_or_else(|| titled(about), |kind| kind.name.clone());
        let choice = Choice::new(&permission.name, &permission.label)
            .hint(&permission.name)
            .selected(chosen.contains(&permission.name.as_str()));
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.scopes.push(choice),
            None => groups.push(ScopeGroup { label, scopes: vec![choice] }),
        }
    }
    groups
}

/// A life in seconds, or for ever.
pub(super) fn life(typed: &str) -> Result<Option<i64>, Refusal> {
    if typed.is_empty() {
        return Ok(None);
    }
    let read = typed.parse().ok().filter(|s| *s > 0);
    read.map(Some).ok_or_else(|| Refusal::field("expires_at", "field.invalid", "choose one of the list"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use guildhall_domain::refusal::Code;

    fn labels(longest_s: Option<i64>) -> Vec<String> {
        lives(longest_s, None).into_iter().map(|c| if c.selected { format!("*{}", c.label) } else { c.label }).collect()
    }

    #[test]
    fn a_token_is_offered_no_longer_life_than_the_policy_gives() {
        assert_eq!(labels(None), ["In 7 days", "*In 30 days", "In 90 days", "In 1 year", "Never"]);
        assert_eq!(labels(Some(45 * DAY_S)), ["In 7 days", "*In 30 days", "In 45 days"]);
        assert_eq!(labels(Some(HOUR_S)), ["*In 1 hour"]);
    }

    #[test]
    fn a_life_is_a_number_of_seconds_or_none() {
        assert_eq!(life("").unwrap(), None);
        assert_eq!(life("60").unwrap(), Some(60));
        for wrong in ["-1", "0", "soon", "99999999999999999999"] {
            assert_eq!(life(wrong).unwrap_err().code, Code::RequestInvalid, "{wrong}");
        }
    }
}
