//! Which host answers: the documented central hosts, or an address that the user names.
//!
//! No host is made from a region, but for STS, which is documented for each: the documentation lists one
//! host for AliDNS and two for BPStudio, while the SDKs make up regional ones that it does not know.

use std::net::IpAddr;

use reqwest::Url;

use crate::config::Site;
use crate::model::Service;

/// The documented public host of a service (Alibaba Cloud documentation, "Endpoints" of each
/// product) for accounts of a site.
pub const fn host_for_site(service: Service, site: Site) -> &'static str {
    match (service, site) {
        (Service::Ros, Site::Cn) => "ros.aliyuncs.com",
        (Service::Ros, Site::Intl) => "ros-intl.aliyuncs.com",
        (Service::Alidns, _) => "alidns.aliyuncs.com",
        (Service::Bpstudio, Site::Cn) => "bpstudio.cn-hangzhou.aliyuncs.com",
        (Service::Bpstudio, Site::Intl) => "bpstudio.ap-southeast-1.aliyuncs.com",
        (Service::Sts, _) => "sts.aliyuncs.com",
    }
}

/// Scheme, host and port that requests go to. Plain http exists only for loopback, so that neither
/// a token nor an answer crosses a network in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an address is no endpoint. No message repeats the address, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL.
    #[error("the endpoint is no URL ({0}); write it as https://HOST[:PORT]")]
    NotAUrl(String),
    /// Neither https nor http.
    // What stands before the colon may be half of a user name and a password.
    #[error(
        "the endpoint begins neither with https:// nor with http://; write it as https://HOST[:PORT]"
    )]
    Scheme,
    /// Plain http to another machine.
    #[error("the endpoint '{0}' is plain http, which is for loopback only; use https")]
    NotLoopback(String),
    /// A region that no host name can hold.
    #[error("'{0}' is no region; write it as cn-hangzhou")]
    Region(String),
    /// Something besides scheme, host and port.
    #[error("the endpoint has a {0}; write it as https://HOST[:PORT]")]
    Excess(&'static str),
}

impl Endpoint {
    /// Reads an address that the user chose.
    ///
    /// # Errors
    /// [`EndpointError`] where it is no URL of scheme, host and perhaps port, or plain http to a host
    /// that is not loopback.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text.trim()).map_err(|e| EndpointError::NotAUrl(e.to_string()))?;
        match url.scheme() {
            "https" | "http" => {}
            _ => return Err(EndpointError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Excess("user name or password"));
        }
        if url.path() != "/" {
            return Err(EndpointError::Excess("path"));
        }
        if url.query().is_some() {
            return Err(EndpointError::Excess("query"));
        }
        if url.fragment().is_some() {
            return Err(EndpointError::Excess("fragment"));
        }
        let host = url.host_str().unwrap_or_default();
        if url.scheme() == "http" && !is_loopback(host) {
            return Err(EndpointError::NotLoopback(host.to_owned()));
        }
        Ok(Self(url))
    }

    /// The documented endpoint of a service for accounts of a site.
    pub fn for_site(service: Service, site: Site) -> Self {
        let address = format!("https://{}/", host_for_site(service, site));
        #[expect(clippy::expect_used, reason = "a few constants, each parsed by a test")]
        Self::parse(&address).expect("a documented host makes a URL")
    }

    /// The endpoint of STS in a region, as the official libraries choose it by `ALIBABA_CLOUD_STS_REGION`:
    /// public, or within the vendor's own network.
    ///
    /// # Errors
    /// [`EndpointError::Region`] where the text could name another host than one of STS.
    pub fn sts_of_region(region: &str, within_vpc: bool) -> Result<Self, EndpointError> {
        let of_region =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || !region.bytes().all(of_region) {
            return Err(EndpointError::Region(region.to_owned()));
        }
        let prefix = if within_vpc { "sts-vpc" } else { "sts" };
        Self::parse(&format!("https://{prefix}.{region}.aliyuncs.com/"))
    }

    /// The value of the `host` header: the port stands in it only if it is not the scheme's default.
    pub fn host_header(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether requests are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The URL of one request, with an encoded query that is taken over as it is.
    pub(super) fn url(&self, encoded_query: &str) -> Url {
        let mut url = self.0.clone();
        if !encoded_query.is_empty() {
            url.set_query(Some(encoded_query));
        }
        url
    }
}

/// 127.0.0.0/8, ::1 and the name `localhost`; other names could resolve to anything.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The endpoint of each service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Of ROS.
    pub ros: Endpoint,
    /// Of BPStudio.
    pub bpstudio: Endpoint,
    /// Of AliDNS.
    pub alidns: Endpoint,
    /// Of STS.
    pub sts: Endpoint,
}

impl Endpoints {
    /// One address for every service.
    pub fn everywhere(endpoint: Endpoint) -> Self {
        Self {
            ros: endpoint.clone(),
            bpstudio: endpoint.clone(),
            alidns: endpoint.clone(),
            sts: endpoint,
        }
    }

    /// The documented endpoints for accounts of a site; each can be replaced.
    pub fn for_site(site: Site) -> Self {
        Self {
            ros: Endpoint::for_site(Service::Ros, site),
            bpstudio: Endpoint::for_site(Service::Bpstudio, site),
            alidns: Endpoint::for_site(Service::Alidns, site),
            sts: Endpoint::for_site(Service::Sts, site),
        }
    }

    /// Has a service answered by another endpoint.
    pub fn set(&mut self, service: Service, endpoint: Endpoint) {
        match service {
            Service::Ros => self.ros = endpoint,
            Service::Bpstudio => self.bpstudio = endpoint,
            Service::Alidns => self.alidns = endpoint,
            Service::Sts => self.sts = endpoint,
        }
    }

    /// The endpoint of a service.
    pub fn of(&self, service: Service) -> &Endpoint {
        match service {
            Service::Ros => &self.ros,
            Service::Bpstudio => &self.bpstudio,
            Service::Alidns => &self.alidns,
            Service::Sts => &self.sts,
        }
    }

    /// Whether any request is encrypted, so that root certificates are needed.
    pub(super) fn any_encrypted(&self) -> bool {
        [&self.ros, &self.bpstudio, &self.alidns, &self.sts]
            .into_iter()
            .any(Endpoint::is_encrypted)
    }
}

impl Default for Endpoints {
    /// The documented ones for accounts of the Chinese site.
    fn default() -> Self {
        Self::for_site(Site::default())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn documented_hosts() {
        let endpoints = Endpoints::default();
        let host = |service| endpoints.of(service).host_header();
        assert_eq!(host(Service::Ros), "ros.aliyuncs.com");
        assert_eq!(host(Service::Alidns), "alidns.aliyuncs.com");
        assert_eq!(host(Service::Bpstudio), "bpstudio.cn-hangzhou.aliyuncs.com");
        assert_eq!(host(Service::Sts), "sts.aliyuncs.com");
        assert!(endpoints.any_encrypted());
    }

    #[test]
    fn the_international_site_has_hosts_of_its_own() {
        let endpoints = Endpoints::for_site(Site::Intl);
        let host = |service| endpoints.of(service).host_header();
        assert_eq!(host(Service::Ros), "ros-intl.aliyuncs.com");
        assert_eq!(host(Service::Alidns), "alidns.aliyuncs.com");
        assert_eq!(
            host(Service::Bpstudio),
            "bpstudio.ap-southeast-1.aliyuncs.com"
        );
        assert_eq!(host(Service::Sts), "sts.aliyuncs.com");
    }

    #[test]
    fn fault_67_sts_has_a_host_for_each_region() {
        let host = |region, within_vpc| {
            Endpoint::sts_of_region(region, within_vpc).map(|endpoint| endpoint.host_header())
        };
        assert_eq!(
            host("cn-beijing", false).unwrap(),
            "sts.cn-beijing.aliyuncs.com"
        );
        assert_eq!(
            host("cn-beijing", true).unwrap(),
            "sts-vpc.cn-beijing.aliyuncs.com"
        );
        for text in ["", "evil.example/", "cn-beijing@h", "CN-BEIJING", "a.b"] {
            let refused = EndpointError::Region(text.to_owned());
            assert_eq!(host(text, false), Err(refused), "{text}");
        }
    }

    #[test]
    fn an_address_of_the_users_choice() {
        let host = |text| Endpoint::parse(text).map(|endpoint| endpoint.host_header());
        assert_eq!(
            host("https://ROS-intl.aliyuncs.com").unwrap(),
            "ros-intl.aliyuncs.com"
        );
        assert_eq!(host("https://h:443/").unwrap(), "h");
        assert_eq!(host("https://h:8443").unwrap(), "h:8443");
        assert_eq!(host("http://127.0.0.1:8080/").unwrap(), "127.0.0.1:8080");
        assert_eq!(host("http://127.9.8.7").unwrap(), "127.9.8.7");
        assert_eq!(host("http://localhost:80").unwrap(), "localhost");
        assert_eq!(host("http://[::1]:1").unwrap(), "[::1]:1");
        let local = Endpoint::parse("http://localhost").unwrap();
        assert!(!Endpoints::everywhere(local).any_encrypted());
    }

    #[test]
    fn fault_67_plain_http_stays_on_the_machine() {
        for host in [
            "10.0.0.1",
            "localhost.example.com",
            "128.0.0.1",
            "[::2]",
            "0.0.0.0",
        ] {
            let refused = Endpoint::parse(&format!("http://{host}:8080"));
            assert_eq!(refused, Err(EndpointError::NotLoopback(host.to_owned())));
        }
    }

    #[test]
    fn fault_67_nothing_but_scheme_host_and_port() {
        for (text, excess) in [
            ("https://user@h/", "user name or password"),
            ("https://:canary@h/", "user name or password"),
            ("https://h/V2/", "path"),
            ("https://h/?", "query"),
            ("https://h/#x", "fragment"),
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert_eq!(error, EndpointError::Excess(excess), "{text}");
            assert!(!error.to_string().contains("canary"));
        }
        assert!(matches!(
            Endpoint::parse("ftp://h"),
            Err(EndpointError::Scheme)
        ));
        assert!(matches!(
            Endpoint::parse("ros.aliyuncs.com"),
            Err(EndpointError::NotAUrl(_))
        ));
        assert!(matches!(
            Endpoint::parse("https://"),
            Err(EndpointError::NotAUrl(_))
        ));
    }

    #[test]
    fn the_query_goes_out_as_it_was_encoded() {
        let url = Endpoint::for_site(Service::Ros, Site::Cn).url("a=%2A%20~&b=");
        assert_eq!(url.as_str(), "https://ros.aliyuncs.com/?a=%2A%20~&b=");
    }
}
