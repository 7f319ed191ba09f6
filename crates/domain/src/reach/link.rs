//! What the holder of a share link reaches: exactly what the link gives, on its resource and below.
//! Whether the link still lives is for others to say.

use super::{Site, depth_of, wall};
use crate::condition::Scene;
use crate::permission::{Bit, Mask};
use crate::preset::Rules;
use crate::resource::ShareLink;
use crate::rights::Reason;

/// Where on the way to the target the link's resource stands, unless a controlled scope lies between.
fn reached<'a>(rules: &Rules, link: &ShareLink, site: Site<'a>) -> Result<usize, Reason<'a>> {
    let at = site.path.iter().position(|resource| resource.id == link.resource).ok_or(Reason::NotGivenByLink)?;
    match wall(rules, site) {
        Some(wall) if wall > at => Err(Reason::CutByControlledScope { depth: depth_of(wall), grant: None }),
        _ => Ok(at),
    }
}

/// Everything the holder may do at the end of the way.
#[must_use]
pub fn link_mask(rules: &Rules, link: &ShareLink, site: Site<'_>) -> Mask {
    let at = reached(rules, link, site).ok().and_then(|at| site.path.get(at));
    at.map_or(Mask::EMPTY, |resource| link.given.mask(rules, &resource.kind))
}

/// Whether the holder may do `bit` there, and why.
#[must_use]
pub fn by_link<'a>(
    rules: &'a Rules,
    link: &ShareLink,
    site: Site<'a>,
    bit: Bit,
    scene: impl FnOnce() -> Scene<'a>,
) -> (bool, Reason<'a>) {
    let at = match reached(rules, link, site) {
        Err(reason) => return (false, reason),
        Ok(at) => at,
    };
    let (catalogue, given) = (&rules.preset().catalogue, link_mask(rules, link, site));
    if catalogue.settled(given, scene).contains(bit) {
        return (true, Reason::ShareLink { depth: depth_of(at) });
    }
    let unmet = catalogue.under_conditions(bit).find(|one| given.contains(one.bit));
    (false, unmet.map_or(Reason::NotGivenByLink, |one| Reason::ConditionNotMet { condition: &one.condition.slug }))
}
