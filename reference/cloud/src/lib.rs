//! The reference's client of the cloud's OpenAPI: ECS 2014-05-26 and VPC 2016-04-28.
//!
//! Actions are built and read without a network (`action`); `client` is the one
//! file that sends. It signs each attempt anew (ACS3-HMAC-SHA256), keeps within
//! the call budget of each action and tries again what is safe to repeat.
#![forbid(unsafe_code)]

pub mod action;
pub mod amount;
pub mod answer;
mod call;
pub mod client;
mod connections;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod interface;
pub mod limits;
pub mod observer;
pub mod pace;
pub mod parameters;
mod retry;
pub mod settings;
pub mod sign;
pub mod token;

pub use action::{Action, Effect, Page, Paged, Product};
pub use amount::{Amount, Batch, Ipv4Batch, Ipv6Batch};
pub use client::Client;
pub use credentials::{BadCredentials, Credentials};
pub use endpoint::{BadEndpoint, Endpoint, Endpoints, Scheme};
pub use error::{Error, Kind, Missing, Refusal};
pub use interface::{Interface, PrivateIp, Role, Status, TrafficMode};
pub use limits::{Limits, Rate};
pub use observer::{Attempt, Observer, Outcome};
pub use parameters::Parameters;
pub use retry::Retry;
pub use settings::{BadSettings, Settings, Timeouts};
pub use token::{BadToken, ClientToken};
