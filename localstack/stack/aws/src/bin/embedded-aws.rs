//! The embedded AWS on its own: for a look at it, and for tests that kill it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patchbay_embedded_aws::{Config, EmbeddedAws};

#[derive(Parser)]
#[command(
    version,
    about = "DynamoDB, SQS and Secrets Manager on one loopback port, for unmodified AWS SDKs"
)]
struct Arguments {
    /// Address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:4566")]
    listen: SocketAddr,
    /// Folder to keep the data in; without it everything is gone at the end.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { listen, data } = Arguments::parse();
    let aws = match EmbeddedAws::start(Config { listen, data }).await {
        Ok(aws) => aws,
        Err(error) => return fail(&error),
    };
    // Whoever starts this as a child reads its endpoint from the first line.
    let mut out = std::io::stdout();
    if let Err(error) = writeln!(out, "{}", aws.endpoint()).and_then(|()| out.flush()) {
        return fail(&error);
    }
    if let Err(error) = tokio::signal::ctrl_c().await {
        return fail(&error);
    }
    aws.stop().await;
    ExitCode::SUCCESS
}

/// Says why, as far as that can still be written anywhere.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut out = std::io::stderr();
    writeln!(out, "embedded-aws: {error}").ok();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        writeln!(out, "  because: {cause}").ok();
    }
    ExitCode::FAILURE
}
