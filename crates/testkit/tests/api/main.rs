//! The REST API as callers see it: over HTTP, on every engine. One binary, so that it links once.

mod accepting;
mod accounts;
mod approvals;
mod audit;
mod cloudtruth;
mod cloudtruth_matrix;
mod cloudtruth_people;
mod conventions;
mod dry_run;
mod going;
mod hostile;
mod idempotency;
mod invitations;
mod journey;
mod limits;
mod members;
mod memory;
mod operations;
mod organizations;
mod sessions;
mod set_up;
mod sign_up;
mod store;
mod tokens;
mod walls;
