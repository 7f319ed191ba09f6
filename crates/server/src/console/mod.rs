//! The console: what a browser sees. Pages are askama templates over the plain structs of [`view`],
//! their looks and comforts are the files of [`assets`], and [`respond`] sends them with the headers
//! every page carries. It does not decide, load or change anything: that is the operations' part.

pub mod assets;
pub mod gallery;
pub mod pages;
pub mod respond;
pub mod routes;
pub mod scene;
pub mod verdict;
pub mod view;
pub mod visit;
