//! Asking addresses that an administrator entered, or that such an address named: never the network behind this
//! machine, unless the operator allows it (SSRF). Follows no redirects, waits and reads within bounds.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};

const MAX_BYTES: usize = 1_048_576;

/// Why an address was not asked, or did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundError {
    /// It may not be asked from here.
    Refused(String),
    /// It did not answer, or not within bounds.
    Failed(String),
}

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

impl Error for OutboundError {}

/// Whether an address is one that anybody on the Internet may be asked at: none of one's own machine or network,
/// of a cloud's metadata service, or of no single machine.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let own = matches!((a, b, c), (0 | 10 | 127 | 224.., ..) | (169, 254, _) | (192, 168, _) | (192, 0, 0 | 2));
    let shared = matches!((a, b, c), (100, 64..=127, _) | (172, 16..=31, _) | (192, 88, 99));
    let for_trials = matches!((a, b, c), (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113));
    !(own || shared || for_trials)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff | 0) | (0x64, 0xff9b, 0, 0, 0, 0) => (a, f) != (0, 0) && embedded(g, h),
        (0x2002, ..) => embedded(b, c),
        (0x2001, 0 | 0xdb8, ..) => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let all: Vec<SocketAddr> = found.collect();
            // INVARIANT: what is asked is what was looked at: no second look-up follows.
            if all.iter().any(|address| !is_public(address.ip())) {
                let why = format!("`{}` is inside a private network", name.as_str());
                return Err(Box::new(OutboundError::Refused(why)) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(all.into_iter()) as Addrs)
        })
    }
}

/// Asks addresses outside.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    private: bool,
}

impl Outbound {
    /// `private` lets it ask private addresses, and without TLS.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(private: bool, timeout: Duration) -> std::io::Result<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(std::io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(timeout)
            .user_agent("guildhall");
        if !private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { client: builder.build().map_err(std::io::Error::other)?, private })
    }

    /// Refuses an address that may not be asked, as far as its text tells.
    ///
    /// # Errors
    /// [`OutboundError::Refused`].
    pub fn guard(&self, url: &openidconnect::url::Url) -> Result<(), OutboundError> {
        use openidconnect::url::Host;
        let refused = |why: String| Err(OutboundError::Refused(why));
        match url.scheme() {
            "https" => {}
            "http" if self.private => {}
            other => return refused(format!("`{other}://` is not asked; the address begins with `https://`")),
        }
        let inside = match url.host() {
            None => return refused("the address has no host".to_owned()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
            }
            Some(Host::Ipv4(v4)) => !is_public_v4(v4),
            Some(Host::Ipv6(v6)) => !is_public_v6(v6),
        };
        if inside && !self.private {
            return refused(format!("`{url}` is inside a private network"));
        }
        Ok(())
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let url = openidconnect::url::Url::parse(&request.uri().to_string())
            .map_err(|e| OutboundError::Refused(format!("`{}` is no address: {e}", request.uri())))?;
        self.guard(&url)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let failed = |error: reqwest::Error| told(&host, &error);
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut answer = self.client.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(OutboundError::Failed(format!("`{host}` answers with more than {MAX_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut made = http::Response::new(body);
        *made.status_mut() = answer.status();
        *made.headers_mut() = answer.headers().clone();
        Ok(made)
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// What went wrong, in words that name the host and nothing of what was sent.
fn told(host: &str, error: &reqwest::Error) -> OutboundError {
    let mut cause = error.source();
    let mut last = String::new();
    while let Some(inner) = cause {
        if let Some(OutboundError::Refused(why)) = inner.downcast_ref::<OutboundError>() {
            return OutboundError::Refused(why.clone());
        }
        last = inner.to_string();
        cause = inner.source();
    }
    OutboundError::Failed(match error.is_timeout() {
        true => format!("`{host}` did not answer in time"),
        false => format!("`{host}` could not be asked: {last}"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ones_own_network_are_told_from_public_ones() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.20.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "192.0.0.192",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "::7f00:1",
            "fec0::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn nothing_private_is_asked_whatever_it_is_called() {
        let outbound = Outbound::new(false, Duration::from_secs(2)).unwrap();
        for url in [
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://[::1]/x",
            "https://2130706433/",
            "https://0x7f.1/",
            "http://example.org/",
            "ftp://example.org/",
            "https://a.localhost/",
            "https://169.254.169.254/latest",
        ] {
            let request = http::Request::get(url).body(Vec::new()).unwrap();
            let answer = outbound.ask(request).await.unwrap_err();
            assert!(matches!(answer, OutboundError::Refused(_)), "{url}: {answer}");
        }
    }
}
