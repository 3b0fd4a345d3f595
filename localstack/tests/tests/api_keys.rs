//! What a request with an API key costs, and that processes that share a key share its limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use patchbay_app::api_keys::{self, Admission};
use patchbay_app::ports::{Created, Ports};
use patchbay_app::testing::ManualClock;
use patchbay_app::testing::contract::Subject;
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::RandomIds;
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKeySecret, Scope, SecretHash};
use patchbay_domain::user::User;
use patchbay_embedded_aws::{Config, EmbeddedAws};
use tokio::task::JoinSet;

struct Cloud {
    embedded: EmbeddedAws,
    aws: Aws,
    clock: ManualClock,
}

impl Cloud {
    async fn start() -> anyhow::Result<Self> {
        let listen = ([127, 0, 0, 1], 0).into();
        let embedded = EmbeddedAws::start(Config { listen, data: None }).await?;
        let aws = Aws::connect(AwsConfig {
            endpoint: Some(embedded.endpoint()),
            ..AwsConfig::default()
        })
        .await?;
        aws.ensure().await?;
        // The first second of a minute in 2096: nothing expires by the clock of this machine.
        let clock = ManualClock::at(Timestamp::from_seconds(4_000_000_020));
        Ok(Self {
            embedded,
            aws,
            clock,
        })
    }

    /// The ports as one process has them.
    fn ports(&self) -> Ports {
        self.aws
            .ports(Arc::new(self.clock.clone()), Arc::new(RandomIds))
    }

    /// Requests to AWS, by operation, while something is done.
    fn since(&self, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let calls = self.embedded.calls().into_iter();
        let made = calls.map(|(operation, calls)| {
            let earlier = before.get(&operation).copied().unwrap_or_default();
            (operation, calls - earlier)
        });
        made.filter(|(_, calls)| *calls > 0).collect()
    }
}

async fn key(cloud: &Cloud, ports: &Ports) -> anyhow::Result<(User, SecretHash)> {
    let subject = Subject {
        ports: ports.clone(),
        clock: cloud.clock.clone(),
    };
    let user = subject.user()?;
    anyhow::ensure!(ports.users.create(&user).await? == Created::New);
    let (name, scopes) = ("nightly".parse()?, BTreeSet::from([Scope::Read]));
    let (_, secret) = api_keys::create(ports, &user, name, scopes, None).await?;
    Ok((user, secret.hash()))
}

fn calls<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    let expected = expected.map(|(operation, calls)| (operation.to_owned(), calls));
    BTreeMap::from(expected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_takes_two_reads_and_a_write_and_an_unknown_key_one_read() -> anyhow::Result<()> {
    let cloud = Cloud::start().await?;
    let ports = cloud.ports();
    let (_, secret) = key(&cloud, &ports).await?;
    // The first of its minute also notes the last use.
    let before = cloud.embedded.calls();
    api_keys::admit(&ports, secret).await?;
    let expected = calls([("DynamoDB.GetItem", 2), ("DynamoDB.UpdateItem", 2)]);
    assert_eq!(cloud.since(&before), expected);

    let before = cloud.embedded.calls();
    for _ in 0..10 {
        let admission = api_keys::admit(&ports, secret).await?;
        assert!(matches!(admission, Admission::Admitted(_)), "{admission:?}");
    }
    let expected = calls([("DynamoDB.GetItem", 20), ("DynamoDB.UpdateItem", 10)]);
    assert_eq!(cloud.since(&before), expected);

    let before = cloud.embedded.calls();
    let unknown = ApiKeySecret::from_bits([1, 2]).hash();
    for _ in 0..10 {
        let admission = api_keys::admit(&ports, unknown).await?;
        assert!(matches!(admission, Admission::Unknown), "{admission:?}");
    }
    assert_eq!(cloud.since(&before), calls([("DynamoDB.GetItem", 10)]));
    cloud.embedded.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_share_a_key_share_its_limits() -> anyhow::Result<()> {
    let cloud = Cloud::start().await?;
    let processes = [cloud.ports(), cloud.ports(), cloud.ports()];
    let (user, secret) = key(&cloud, &processes[0]).await?;
    let limit = user.plan.limits().requests_per_minute;
    let mut requests = JoinSet::new();
    for place in 0..limit + 30 {
        let ports = processes[place as usize % 3].clone();
        requests.spawn(async move { api_keys::admit(&ports, secret).await });
    }
    let (mut passed, mut refused) = (0, 0);
    for admission in requests.join_all().await {
        match admission? {
            Admission::Admitted(_) => passed += 1,
            Admission::Exhausted(_) => refused += 1,
            Admission::Unknown => anyhow::bail!("the key is known"),
        }
    }
    assert_eq!((passed, refused), (limit, 30));
    cloud.embedded.stop().await;
    Ok(())
}
