//! How HTTP speaks of Reckon: problems, keys, query strings, bodies, and what every function's router shares.

mod app;
mod auth;
mod body;
mod config;
mod finish;
mod gateway;
mod id;
mod log;
mod problem;
mod query;
mod remembered;
mod routes;
mod when;

pub use app::{App, Clock, StartError};
pub use auth::{Caller, Operator, new_secret, secret_in, sha256_hex};
pub use body::{Body, Fault, named, no_json, unreadable};
pub use config::{Config, ConfigError};
pub use finish::{LARGEST_BODY, finish};
pub use gateway::{answer, serve, serve_alone};
pub use id::Id;
pub use lambda_http::Error as LambdaError;
pub use log::{log_filter, log_to_stdout};
#[cfg(feature = "contract")]
pub(crate) use problem::Wire as ProblemSchema;
pub use problem::{Problem, ProblemKind};
pub use query::{NoParameters, Query};
pub use when::{day_of, optional_time};
