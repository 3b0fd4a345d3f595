//! Making a tenant.

use patchbay_domain::Plan;
use patchbay_domain::ids::{PartitionId, UserId};
use patchbay_domain::user::{Email, Role, User};

use crate::ports::{Created, PortError, Ports};

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("the address belongs to another user")]
    EmailTaken,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a user in one of `partitions` shares. The password comes hashed, in PHC form.
pub async fn register(
    ports: &Ports,
    email: Email,
    password_hash: String,
    partitions: u16,
) -> Result<User, RegisterError> {
    let id = UserId::from_bits(ports.ids.next());
    let user = User {
        id,
        email,
        password_hash,
        partition: PartitionId::of_new_user(id, partitions),
        role: Role::default(),
        plan: Plan::default(),
        created_at: ports.clock.now(),
    };
    match ports.users.create(&user).await? {
        Created::New => Ok(user),
        Created::Taken => Err(RegisterError::EmailTaken),
    }
}
