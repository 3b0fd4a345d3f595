use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE_REQUEST: Duration = Duration::from_secs(30);

/// A client that gives up in time and goes where it is sent: a redirect could lead a request with
/// its secrets to somebody else.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .use_rustls_tls()
        .connect_timeout(CONNECT)
        .timeout(WHOLE_REQUEST)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
        .build()
}
