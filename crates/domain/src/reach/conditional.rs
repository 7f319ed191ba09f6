//! Why somebody may do a thing or may not, where that can depend on conditions: the chain of the one formula, asked
//! of what the permission is called under its conditions.

use crate::condition::Scene;
use crate::permission::Bit;
use crate::preset::Catalogue;
use crate::rights::{self, Inputs, Reason};

/// As [`rights::explain`], conditions included: a link of the chain denies exactly when [`Catalogue::settled`] leaves
/// `bit` out of what the inputs give. The scene is looked at only when something depends on it.
pub fn explain<'a, 's>(
    catalogue: &'a Catalogue,
    inputs: &Inputs<'a>,
    bit: Bit,
    scene: impl Fn() -> Scene<'s>,
) -> Vec<Reason<'a>> {
    let plain = rights::explain(inputs, bit);
    if !plain.iter().any(Reason::denies) {
        return plain;
    }
    let action = catalogue.permission(bit).map_or("", |permission| permission.name.as_str());
    let mut unmet: Vec<Reason<'a>> = Vec::new();
    for one in catalogue.under_conditions(bit) {
        let mut chain = rights::explain(inputs, one.bit);
        if chain.iter().any(Reason::denies) {
            continue;
        }
        let condition = one.condition.slug.as_str();
        if one.condition.holds(action, &scene()) {
            chain.push(Reason::Condition { condition });
            return chain;
        }
        if unmet.is_empty() {
            unmet = chain;
        }
        unmet.push(Reason::ConditionNotMet { condition });
    }
    if unmet.is_empty() { plain } else { unmet }
}
