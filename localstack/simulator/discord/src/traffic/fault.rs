use serde::{Deserialize, Serialize};

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// Nothing happens and this status is answered.
    Status(u16),
    /// The effect happens, then the connection is closed without an answer.
    LoseResponse,
    /// Nothing happens and the connection is closed.
    DropConnection,
    /// The answer comes so much later; the effect happens after the delay.
    DelayMs(u64),
    /// The answer breaks off after so many bytes of its body.
    CutBody { after: u64 },
    /// The body of the answer comes slowly.
    Trickle { bytes_per_s: u64 },
    RateLimit {
        /// Seconds.
        retry_after: f64,
        #[serde(default)]
        global: bool,
    },
}

/// A fault, which requests it hits, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// The whole route, as in `POST /channels/{}/messages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    /// A part of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Without a number, until the faults are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u32>,
    pub(crate) fault: Fault,
}

impl FaultRule {
    pub(super) fn hits(&self, route: &str, path: &str) -> bool {
        self.route.as_ref().is_none_or(|wanted| wanted == route)
            && self.path.as_ref().is_none_or(|part| path.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Traffic;

    #[test]
    fn a_fault_is_written_as_in_the_readme() {
        let written = r#"[
            {"route": "POST /channels/{}/messages", "times": 2, "fault": {"status": 500}},
            {"path": "/channels/7", "fault": "lose_response"},
            {"fault": {"rate_limit": {"retry_after": 0.5, "global": true}}}
        ]"#;
        let rules: Vec<FaultRule> = serde_json::from_str(written).unwrap();
        assert_eq!(rules[0].fault, Fault::Status(500));
        assert_eq!(rules[1].fault, Fault::LoseResponse);
        assert_eq!(
            rules[2].fault,
            Fault::RateLimit {
                retry_after: 0.5,
                global: true
            }
        );
    }

    #[test]
    fn a_fault_hits_as_often_as_it_should_and_only_what_it_should() {
        let mut traffic = Traffic::default();
        traffic.add_fault(FaultRule {
            route: Some("GET /a/{}".to_owned()),
            path: Some("/7".to_owned()),
            times: Some(1),
            fault: Fault::DropConnection,
        });
        assert_eq!(traffic.fault_for("POST /a/{}", "/a/7"), None);
        assert_eq!(traffic.fault_for("GET /a/{}", "/a/8"), None);
        assert_eq!(
            traffic.fault_for("GET /a/{}", "/a/7"),
            Some(Fault::DropConnection)
        );
        assert_eq!(traffic.fault_for("GET /a/{}", "/a/7"), None);
    }
}
