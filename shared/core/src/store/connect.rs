//! Reaching the table from a function on Lambda.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};

use super::Store;

/// A variable that Lambda sets is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not set; Lambda sets it")]
pub struct ConnectError(&'static str);

impl Store {
    /// The table of that name, with the region and the credentials of the environment.
    ///
    /// They are all there on Lambda, so the provider chain of `aws-config`, which would add to each start, is not
    /// needed.
    pub fn from_env(table: &str, endpoint: Option<&str>) -> Result<Self, ConnectError> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| ConnectError(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let mut builder = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(variable("AWS_REGION")?))
            .credentials_provider(credentials);
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Self::new(Client::from_conf(builder.build()), table))
    }
}
