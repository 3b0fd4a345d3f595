//! Who is at the other end of a request.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use lambda_http::request::RequestContext;
use patchbay_domain::session::Device;

use crate::api::Api;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The program that sent a request, and from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    user_agent: Option<String>,
    pub(crate) address: Option<IpAddr>,
}

impl Client {
    pub(crate) fn device(&self) -> Device {
        Device::new(self.user_agent.as_deref(), self.address)
    }
}

impl FromRequestParts<Api> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT);
        Ok(Self {
            user_agent: user_agent
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            address: address(parts, api.settings().trusted_proxies),
        })
    }
}

fn address(parts: &Parts, trusted_proxies: u8) -> Option<IpAddr> {
    if trusted_proxies > 0 {
        return forwarded_for(&parts.headers, trusted_proxies);
    }
    let of_gateway = parts.extensions.get::<RequestContext>();
    let of_gateway = of_gateway.and_then(|context| match context {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        // The library's enum may grow; nothing else calls this function.
        _ => None,
    });
    let of_socket = || {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|ConnectInfo(peer)| peer.ip().to_canonical())
    };
    of_gateway.or_else(of_socket)
}

/// Each proxy adds at the end who talked to it; what stands before the first of ours may be
/// anybody's invention.
fn forwarded_for(headers: &HeaderMap, trusted_proxies: u8) -> Option<IpAddr> {
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let entries: Vec<&str> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let entry = entries.iter().rev().nth(usize::from(trusted_proxies) - 1)?;
    entry.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use lambda_http::aws_lambda_events::apigw::{
        ApiGatewayV2httpRequestContext, ApiGatewayV2httpRequestContextHttpDescription,
    };

    use super::*;

    fn parts(forwarded: &[&str]) -> Parts {
        let mut request = Request::builder();
        for line in forwarded {
            request = request.header(FORWARDED_FOR, *line);
        }
        let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 7)));
        request.extension(peer).body(()).unwrap().into_parts().0
    }

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn what_a_caller_says_of_itself_counts_only_where_proxies_are_trusted() {
        let said = parts(&["203.0.113.9, 198.51.100.2", "192.0.2.1"]);
        assert_eq!(address(&said, 0), ip("127.0.0.1"));
        assert_eq!(address(&said, 1), ip("192.0.2.1"));
        assert_eq!(address(&said, 2), ip("198.51.100.2"));
        assert_eq!(address(&said, 4), None);
        assert_eq!(address(&parts(&["unknown"]), 1), None);
    }

    #[test]
    fn the_gateway_knows_who_called_it() {
        let mut http = ApiGatewayV2httpRequestContextHttpDescription::default();
        http.source_ip = Some("2001:db8::7".to_owned());
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.http = http;
        let mut parts = parts(&["203.0.113.9"]);
        parts
            .extensions
            .insert(RequestContext::ApiGatewayV2(context));
        assert_eq!(address(&parts, 0), ip("2001:db8::7"));
    }
}
