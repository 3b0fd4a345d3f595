//! Requests to the HTTP API, beside their calls to AWS alone.
//!
//! - [`arrive`](arrive()): users come, with a Telegram account, pairs and API keys
//! - [`callers`]: who makes requests
//! - [`request`]: what is measured, over HTTP and without it
//! - [`load`]: many of the same at once, timed
//! - [`report`]: the result

mod arrive;
mod callers;
mod load;
mod report;
mod request;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Result, ensure};
use clap::Args;
use patchbay::{Base, Options, Stack};
use patchbay_domain::quota::Window;

use crate::calls;
use arrive::arrive;
use callers::{Caller, LIMITS, PLAN};
use report::{Measured, Report, Setting};
use request::{IN_A_ROUND, Request, Way};

/// How many requests of a kind are made to count their calls to AWS, all of them equal.
const COUNTED: usize = 10;
/// Each has a phone number of their own, in which four digits tell them apart.
const MOST_CALLERS: usize = 1_000;
/// Where no connector tells of its health.
const NO_HEALTH: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Requests per second, latency and AWS calls per request, beside the AWS calls alone
///
/// Three kinds of request are measured one after the other: `list_pairs`, GET /v1/pairs with an
/// access token; `create_pair`, POST /v1/pairs with an access token and without an
/// `idempotency-key`; `list_pairs_by_key`, GET /v1/pairs with an API key. Each caller is a user of
/// their own and sends one request after the other, over one connection that stays open. Rounds of
/// 20 requests of each caller are made over HTTP and without it in turn; pairs that were made are
/// deleted after each, while nothing is measured.
///
/// The figures of each kind:
///
/// `over_http`: how the API of a whole stack answers, with its connector at work, all in one
/// process with the callers. `per_second` is requests per second over all callers. Of the
/// latencies, in milliseconds until the whole answer was there, half are at most `p50_ms`, and 99
/// of 100 at most `p99_ms`.
///
/// `store_alone`: the same of the calls to AWS (`DynamoDB`, and SQS, which `create_pair` tells the
/// connector by) that such a request makes, in the same order and by as many callers, straight
/// through the adapters: no HTTP to the API, no tokens, no JSON of the API.
///
/// `http_to_store`: `over_http.per_second` divided by `store_alone.per_second`, a ratio without a
/// unit. At 1, all that the API does itself would cost nothing; at 0.5, it takes as long as the
/// calls to AWS. The embedded AWS shares this machine, and answers faster or slower than the real
/// one.
///
/// `aws_calls_per_request`: calls to AWS by operation, divided by the number of requests. They are
/// counted after the rest, of one caller and without a connector, whose own calls would be among
/// them otherwise. The first request of a key in a minute makes one `UpdateItem` more, to note the
/// use, which is left out; so is that of a session's first request.
///
/// `setting` repeats the options, and names the plan of the users, how many API keys each has, and
/// how many requests each key made at most, beside how many it may make in a minute.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many requests of each kind, over all callers together
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    requests: usize,

    /// How many callers there are at once
    #[arg(long, value_name = "N", default_value_t = 8)]
    concurrency: usize,

    /// How many requests of each kind are made before, and not measured
    #[arg(long, value_name = "N", default_value_t = 100)]
    warm_up: usize,

    /// How many pairs each caller has; a list shows the first 50
    #[arg(long, value_name = "N", default_value_t = 20)]
    pairs: usize,
}

impl Arguments {
    fn check(&self) -> Result<()> {
        ensure!(self.requests > 0, "--requests has to be at least 1");
        ensure!(
            (1..=MOST_CALLERS).contains(&self.concurrency),
            "--concurrency has to be from 1 to {MOST_CALLERS}"
        );
        let most = LIMITS.pairs - IN_A_ROUND;
        ensure!(
            self.pairs <= most,
            "--pairs has to be at most {most}: the largest plan has room for {}, and {IN_A_ROUND} \
             more are made at a time",
            LIMITS.pairs
        );
        Ok(())
    }

    /// How often a caller uses API keys at most.
    fn uses_of_keys(&self) -> usize {
        let of_each = |requests: usize| requests.div_ceil(self.concurrency);
        let loads = of_each(self.warm_up) + of_each(self.requests);
        // They are counted both ways, and again if a minute ends meanwhile.
        2 * loads + 4 * (COUNTED + LIMITS.api_keys)
    }

    /// So many that all of it would fit into one minute.
    fn keys(&self) -> Result<usize> {
        let per_minute = LIMITS.requests_per_minute as usize;
        let keys = self.uses_of_keys().div_ceil(per_minute);
        ensure!(
            keys <= LIMITS.api_keys,
            "a user has at most {} API keys, for {per_minute} requests a minute each; ask for \
             fewer --requests, or for more --concurrency",
            LIMITS.api_keys
        );
        Ok(keys)
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Report> {
    arguments.check()?;
    let keys = arguments.keys()?;
    let folder = tempfile::tempdir()?;
    let options = Options::in_folder(folder.path().to_owned());
    let stack = Stack::start(options.clone()).await?;
    let endpoints = stack.endpoints().clone();
    let ports = stack.base().ports();
    let (many, pairs) = (arguments.concurrency, arguments.pairs);
    let mut callers = arrive(&endpoints, ports, many, pairs, keys).await?;
    let mut speeds = Vec::new();
    for request in Request::ALL {
        // An access token lasts ten minutes.
        for caller in &mut callers {
            caller.log_in(&endpoints, ports).await?;
        }
        load::compare(&callers, request, arguments.warm_up).await?;
        let compared = load::compare(&callers, request, arguments.requests).await?;
        speeds.push((request, compared));
    }
    stack.stop().await;

    // The same folder without a connector: nobody else calls AWS.
    let base = Base::start(options).await?;
    let caller = &mut callers[0];
    caller
        .log_in(&base.endpoints(NO_HEALTH), base.ports())
        .await?;
    let mut measured = BTreeMap::new();
    for (request, compared) in speeds {
        let calls = count(&base, caller, request, Way::OverHttp).await?;
        let alone = count(&base, caller, request, Way::StoreAlone).await?;
        ensure!(
            calls == alone,
            "{} makes the calls {calls:?}, and is compared with {alone:?}",
            request.name()
        );
        measured.insert(request.name(), Measured::new(compared, calls));
    }
    base.stop().await;
    let setting = Setting {
        requests: arguments.requests,
        concurrency: many,
        warm_up: arguments.warm_up,
        pairs_of_each_caller: pairs,
        plan: PLAN,
        api_keys_of_each_caller: keys,
        requests_of_each_key_at_most: arguments.uses_of_keys().div_ceil(keys),
        requests_of_a_key_per_minute: LIMITS.requests_per_minute,
    };
    Ok(Report { setting, measured })
}

/// The calls to AWS of each request. A key notes its first use in a minute, so that all are made
/// in one.
async fn count(
    base: &Base,
    caller: &Caller,
    request: Request,
    way: Way,
) -> Result<BTreeMap<String, f64>> {
    let minute = || Window::Minute.number(base.ports().clock.now());
    loop {
        let begun = minute();
        for _ in 0..caller.keys() {
            if let Some(pair) = caller.call(request, way, 0).await? {
                caller.delete(pair).await?;
            }
        }
        let before = base.aws_calls();
        let mut made = Vec::new();
        for place in 0..COUNTED {
            made.extend(caller.call(request, way, place).await?);
        }
        let calls = calls::for_each(COUNTED, &before, base.aws_calls());
        for pair in made {
            caller.delete(pair).await?;
        }
        if minute() == begun {
            return Ok(calls);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As docs/data-model.md says: a caller is recognised by two reads, one with a key by two
    /// reads and a write that counts.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_request_costs_the_calls_that_the_data_model_says() -> Result<()> {
        let few = Arguments {
            requests: 5,
            concurrency: 2,
            warm_up: 2,
            pairs: 2,
        };
        let report = Box::pin(run(&few)).await?;
        let expected = [
            (
                "create_pair",
                vec![
                    // Session and user; account and chat of each end.
                    ("DynamoDB.GetItem", 6.0),
                    ("DynamoDB.Query", 1.0),
                    ("DynamoDB.TransactWriteItems", 1.0),
                    ("SQS.SendMessage", 1.0),
                ],
            ),
            (
                "list_pairs",
                vec![("DynamoDB.GetItem", 2.0), ("DynamoDB.Query", 1.0)],
            ),
            (
                "list_pairs_by_key",
                vec![
                    ("DynamoDB.GetItem", 2.0),
                    ("DynamoDB.Query", 1.0),
                    ("DynamoDB.UpdateItem", 1.0),
                ],
            ),
        ];
        let counted = report.measured.iter().map(|(request, measured)| {
            let calls = measured.aws_calls_per_request.iter();
            (
                *request,
                calls.map(|(name, calls)| (&**name, *calls)).collect(),
            )
        });
        let counted: Vec<(&str, Vec<(&str, f64)>)> = counted.collect();
        assert_eq!(counted, expected);
        for (request, measured) in &report.measured {
            assert!(measured.over_http.per_second > 0.0, "{request}");
            assert!(measured.http_to_store > 0.0, "{request}");
            assert!(report.table().contains(&request.replace('_', " ")));
        }
        Ok(())
    }

    #[test]
    fn more_than_the_largest_plan_allows_is_refused() {
        let usual = || Arguments {
            requests: 1_000,
            concurrency: 1,
            warm_up: 0,
            pairs: 20,
        };
        let refused = [
            Arguments {
                requests: 0,
                ..usual()
            },
            Arguments {
                concurrency: 0,
                ..usual()
            },
            Arguments {
                concurrency: 1_001,
                ..usual()
            },
            Arguments {
                pairs: 481,
                ..usual()
            },
        ];
        for arguments in refused {
            assert!(arguments.check().is_err(), "{arguments:?}");
        }
        assert!(usual().check().is_ok());
        assert_eq!(usual().keys().ok(), Some(2));
        let many = Arguments {
            requests: 1_000_000,
            ..usual()
        };
        assert!(many.keys().is_err());
    }
}
