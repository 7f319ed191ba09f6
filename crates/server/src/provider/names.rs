//! Asking name servers for the record that proves a mail domain. Decides nothing.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{NameServerConfigGroup, ResolverConfig, ResolverOpts};
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::{Resolver, TokioResolver};

/// What a name server said of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    Yes,
    /// It is not, for certain.
    No,
    /// Nobody answered.
    Unknown,
}

/// Asks name servers.
#[derive(Clone, Debug)]
pub struct Names {
    server: Option<SocketAddr>,
}

impl Names {
    /// Asks this server, or those of the machine.
    #[must_use]
    pub const fn new(server: Option<SocketAddr>) -> Self {
        Self { server }
    }

    fn resolver(&self) -> Option<TokioResolver> {
        let mut builder = match self.server {
            Some(at) => {
                let servers = NameServerConfigGroup::from_ips_clear(&[at.ip()], at.port(), true);
                let config = ResolverConfig::from_parts(None, Vec::new(), servers);
                Resolver::builder_with_config(config, TokioConnectionProvider::default())
            }
            None => TokioResolver::builder_tokio().ok()?,
        };
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = Duration::from_secs(3);
        options.attempts = 2;
        // A record that was just published is looked for, not remembered as missing.
        options.cache_size = 0;
        Some(builder.build())
    }

    /// Whether a TXT record of `name` is exactly `text`.
    pub async fn holds(&self, name: &str, text: &str) -> Found {
        let Some(resolver) = self.resolver() else { return Found::Unknown };
        match resolver.txt_lookup(format!("{name}.")).await {
            Ok(records) => {
                let whole = |parts: &[Box<[u8]>]| parts.concat() == text.as_bytes();
                if records.iter().any(|record| whole(record.txt_data())) { Found::Yes } else { Found::No }
            }
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => Found::No,
            Err(_) => Found::Unknown,
        }
    }
}
