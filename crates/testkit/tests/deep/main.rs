//! The deep tests: random histories against the model, races, and laws. One binary, so that it is
//! linked once.

mod compare;
mod departures;
mod foretold;
mod generate;
mod histories;
mod inside;
mod laws;
mod many_organizations;
mod matrix;
mod outside;
mod races;
mod races_of_links;
mod scene;
mod seat_races;
mod storm;
mod world;
