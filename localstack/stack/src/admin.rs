//! What the operator of an installation does by hand.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Subcommand;
use patchbay_app::ports::UserChange;
use patchbay_app::users;
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::config::{AwsSection, Environment};
use patchbay_boot::{RandomIds, SystemClock};
use patchbay_domain::Plan;
use patchbay_domain::ids::UserId;
use patchbay_domain::user::{Email, Role};

use crate::endpoints::Endpoints;
use crate::options::Options;

/// What is not for users to decide. Works on the data folder of a running `patchbay`; with
/// `PATCHBAY_TABLE` and the other variables of the functions set, on AWS.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make a user an admin
    Grant { email: Email },
    /// Make an admin a user
    Revoke { email: Email },
    /// Move a user to a plan: free, pro or business
    Plan {
        email: Email,
        #[arg(value_parser = plan)]
        plan: Plan,
    },
}

fn plan(name: &str) -> Result<Plan, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

pub async fn run(options: Options, command: &AdminCommand) -> Result<ExitCode> {
    let (email, change) = match command {
        AdminCommand::Grant { email } => (email, UserChange::Role(Role::Admin)),
        AdminCommand::Revoke { email } => (email, UserChange::Role(Role::User)),
        AdminCommand::Plan { email, plan } => (email, UserChange::Plan(*plan)),
    };
    let user = set(config(options)?, email, &change).await?;
    eprintln!("{user}: {change:?}");
    Ok(ExitCode::SUCCESS)
}

/// Moves a user of a running stack to a plan.
pub async fn set_plan(endpoints: &Endpoints, email: &Email, plan: Plan) -> Result<()> {
    let change = UserChange::Plan(plan);
    set(at(endpoints.clone()), email, &change).await.map(drop)
}

async fn set(config: AwsConfig, email: &Email, change: &UserChange) -> Result<UserId> {
    let aws = Aws::connect(config).await?;
    let ports = aws.ports(Arc::new(SystemClock), Arc::new(RandomIds));
    let user = users::by_email(&ports, email)
        .await
        .context("the users can't be reached; is patchbay running?")?
        .context("nobody is registered with this address")?;
    ports.users.change(user.id, change).await?;
    Ok(user.id)
}

fn config(options: Options) -> Result<AwsConfig> {
    if options.data.is_none()
        && let Ok(section) = AwsSection::from_env(&Environment::of_process())
    {
        return Ok(AwsConfig {
            endpoint: section.endpoint,
            table: section.table,
            queue_prefix: section.queue_prefix,
            partitions: section.partitions,
            master_key_secret: section.master_key_secret,
            signing_key_secret: section.signing_key_secret,
            mail_from: None,
        });
    }
    let data = options.data.unwrap_or_else(|| PathBuf::from(".patchbay"));
    let endpoints = Endpoints::read(&data).with_context(|| {
        let folder = data.display();
        format!("{folder} is no data folder of patchbay; name one with --data")
    })?;
    Ok(at(endpoints))
}

fn at(endpoints: Endpoints) -> AwsConfig {
    AwsConfig {
        endpoint: Some(endpoints.aws),
        partitions: endpoints.partitions,
        ..AwsConfig::default()
    }
}
