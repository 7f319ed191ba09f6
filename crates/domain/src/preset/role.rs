//! What a role of a preset is.

use crate::permission::Mask;

/// What roles and permissions of the organization itself apply to.
pub const ORGANIZATION: &str = "organization";

/// One role: what it gives by itself and what it lets other sources give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// Unique among the roles of the same type.
    pub slug: String,
    /// What pages call it.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// [`ORGANIZATION`] or a type of the preset.
    pub applies_to: String,
    /// Whether it comes from the preset and is not to be changed.
    pub built_in: bool,
    /// What the role gives by itself.
    pub floor: Mask,
    /// What remains of all sources together, the floor included; [`Mask::ALL`] unless the preset says so.
    pub ceiling: Mask,
    /// Its place among the roles of its type; 0 is the highest.
    pub rank: u16,
    /// What of an organization role's floor holds in everything below the organization too; the rest holds
    /// at its root only (TP-3, TP-4). [`Mask::ALL`] unless the preset says so.
    pub below: Mask,
    /// Whether controlled scopes do not cut the role (CT-32).
    pub bypass: bool,
    /// Whether holders manage every group they are in, not only those where they have the flag (ON-15).
    pub manages_all: bool,
}
