//! The embedded AWS on its own: for a look at it, and for tests that kill it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use patchbay_embedded_aws::{Config, EmbeddedAws};

/// DynamoDB, SQS and Secrets Manager on one loopback port, for unmodified AWS SDKs.
#[derive(Parser)]
#[command(version)]
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

fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut message = format!("embedded-aws: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(&format!("\n  because: {error}"));
        cause = error.source();
    }
    // There is nowhere left to report that this can't be written.
    writeln!(std::io::stderr(), "{message}").ok();
    ExitCode::FAILURE
}
