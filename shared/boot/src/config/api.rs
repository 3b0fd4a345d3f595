use std::str::FromStr;

use url::Url;

use super::{ConfigError, Environment};

/// Who may use the API from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSection {
    /// Origins of pages that may call it; none unless some are named.
    pub allowed_origins: Vec<Origin>,
}

/// Where a page is from, such as `https://app.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an origin has a scheme and a host, such as https://app.example.com, and nothing after it")]
pub struct ParseOriginError;

impl Origin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = ParseOriginError;

    /// Takes exactly what a browser sends: in lower case, without a default port or a path.
    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let Ok(url) = Url::parse(text) else {
            return Err(ParseOriginError);
        };
        // A pattern would pass for the name of a host, and match nothing.
        let is_origin = !text.contains('*')
            && ["http", "https"].contains(&url.scheme())
            && url.origin().ascii_serialization() == text;
        is_origin
            .then(|| Self(text.to_owned()))
            .ok_or(ParseOriginError)
    }
}

impl ApiSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        const ORIGINS: &str = "PATCHBAY_ALLOWED_ORIGINS";
        let listed = environment.text(ORIGINS).unwrap_or_default();
        let origins = listed
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let origins: Result<Vec<Origin>, ParseOriginError> = origins.map(str::parse).collect();
        match origins {
            Ok(allowed_origins) => Ok(Self { allowed_origins }),
            Err(ParseOriginError) => Err(ConfigError::Invalid {
                variable: ORIGINS,
                expected: "a list of origins, such as https://app.example.com, with commas between",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        for good in ["https://app.example.com", "http://localhost:5173"] {
            assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
        }
        let wrong = [
            "*",
            "null",
            "app.example.com",
            "https://app.example.com/",
            "https://app.example.com:443",
            "https://App.example.com",
            "https://*.example.com",
            "ftp://example.com",
            "https://example.com/app",
        ];
        for wrong in wrong {
            assert_eq!(wrong.parse::<Origin>(), Err(ParseOriginError), "{wrong}");
        }
    }

    #[test]
    fn a_list_may_be_empty_and_must_be_right() {
        let read = |value: &str| {
            let environment = [("PATCHBAY_ALLOWED_ORIGINS", value)].into_iter().collect();
            ApiSection::from_env(&environment).map(|section| section.allowed_origins.len())
        };
        assert_eq!(read(""), Ok(0));
        assert_eq!(read("https://a.example, http://localhost:1"), Ok(2));
        assert!(read("https://a.example,*").is_err());
    }
}
