//! The administrator's pages with the words of CloudTruth, walked as somebody does whose browser runs no scripts.

mod admin {
    pub mod flows;
    pub mod house;
    pub mod limits;
    pub mod links;
    pub mod pixie;
    pub mod programs;
    pub mod provisioning;
    pub mod settings;
    pub mod walls;
}
