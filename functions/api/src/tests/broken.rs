//! Ports that don't answer.

use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    Control, ControlTarget, Controls, PortError, PortResult, Receipt, Received, SecretName,
    Throttles, Vault,
};
use patchbay_domain::ids::UserId;
use patchbay_domain::throttle::Window;
use secrecy::SecretSlice;

pub(super) struct Broken;

fn unavailable<T>() -> PortResult<T> {
    let source = "10.0.0.7 said no to s3cr3t".into();
    Err(PortError::Unavailable {
        operation: "a test",
        source,
    })
}

#[async_trait]
impl Vault for Broken {
    async fn put(&self, _: UserId, _: SecretName, _: &SecretSlice<u8>) -> PortResult<()> {
        unavailable()
    }

    async fn get(&self, _: UserId, _: SecretName) -> PortResult<Option<SecretSlice<u8>>> {
        unavailable()
    }

    async fn remove(&self, _: UserId, _: SecretName) -> PortResult<()> {
        unavailable()
    }

    async fn remove_all(&self, _: UserId) -> PortResult<()> {
        unavailable()
    }
}

#[async_trait]
impl Controls for Broken {
    async fn send(&self, _: ControlTarget, _: &Control) -> PortResult<()> {
        unavailable()
    }

    async fn receive(
        &self,
        _: ControlTarget,
        _: Duration,
    ) -> PortResult<Vec<Received<Control, Receipt>>> {
        unavailable()
    }

    async fn delete(&self, _: ControlTarget, _: &Receipt) -> PortResult<()> {
        unavailable()
    }
}

/// A defect in one of ours.
pub(super) struct Panicking;

#[async_trait]
impl Throttles for Panicking {
    async fn take(&self, _: &Window, _: u32) -> PortResult<bool> {
        panic!("nobody thought of this")
    }

    async fn give_back(&self, _: &Window) -> PortResult<()> {
        panic!("nobody thought of this")
    }
}
