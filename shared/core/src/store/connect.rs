//! Reaching the table from a function on Lambda.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use super::Store;

/// Why the table cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// A variable that Lambda sets is not there.
    #[error("{0} is not set; Lambda sets it")]
    Missing(&'static str),
    /// The client for HTTPS could not be made.
    #[error("the client for HTTPS could not be made")]
    Https,
}

/// Amazon's own authorities, which sign the certificates of its endpoints.
const AMAZON_ROOTS: &[u8] = include_bytes!("../../data/amazon_roots.pem");
/// What the regions begin with whose endpoints others may sign.
const REGIONS_APART: [&str; 4] = ["cn-", "us-gov-", "us-iso", "eu-iso"];

impl Store {
    /// The table of that name, with the region and the credentials of the environment.
    ///
    /// They are all there on Lambda, so the provider chain of `aws-config`, which would add to each start, is not
    /// needed.
    pub fn from_env(table: &str, endpoint: Option<&str>) -> Result<Self, ConnectError> {
        let variable = |name: &'static str| std::env::var(name).map_err(|_| ConnectError::Missing(name));
        let region = variable("AWS_REGION")?;
        let elsewhere = endpoint.is_some() || std::env::var_os("SSL_CERT_FILE").is_some();
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let mut builder = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(https(trusted(&region, elsewhere))?)
            .region(Region::new(region))
            .credentials_provider(credentials);
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Self::new(Client::from_conf(builder.build()), table))
    }
}

/// Who may sign the certificate of the table's endpoint.
///
/// Reading all the machine's authorities takes most of a function's start, so that is left for where it is needed:
/// a region apart, and `elsewhere`, an endpoint of one's own or a file of authorities that the environment names.
fn trusted(region: &str, elsewhere: bool) -> TrustStore {
    if elsewhere || REGIONS_APART.iter().any(|prefix| region.starts_with(prefix)) {
        return TrustStore::default();
    }
    TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
}

/// A client for HTTPS that trusts these authorities.
fn https(trusted: TrustStore) -> Result<SharedHttpClient, ConnectError> {
    let context = TlsContext::builder().with_trust_store(trusted).build().map_err(|_| ConnectError::Https)?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_be_made_that_trusts_amazons_five_authorities_alone() {
        assert_eq!(String::from_utf8_lossy(AMAZON_ROOTS).matches("BEGIN CERTIFICATE").count(), 5);
        let trust = trusted("eu-central-1", false);
        assert!(format!("{trust:?}").contains("enable_native_roots: false"), "{trust:?}");
        // Making the client reads the authorities, and panics at one that is none.
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(https(trust).unwrap())
            .region(Region::new("eu-central-1"));
        let _ = Client::from_conf(config.build());
    }

    #[test]
    fn elsewhere_the_machines_own_authorities_are_trusted() {
        for (region, elsewhere) in [("cn-north-1", false), ("us-gov-west-1", false), ("eu-west-1", true)] {
            let trust = trusted(region, elsewhere);
            assert!(format!("{trust:?}").contains("enable_native_roots: true"), "{region} {trust:?}");
        }
    }
}
