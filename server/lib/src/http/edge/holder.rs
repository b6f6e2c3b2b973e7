//! On whose account a request goes.

use std::net::{IpAddr, Ipv4Addr};

use app::backend::Caller;
use axum::extract::Request;
use sha2::{Digest, Sha256};

use crate::http::client_addr::ClientAddr;

/// On whose account a request goes: the user's, or for strangers the address's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A user, by a hash of the login: of one size, and not to be read back.
    User([u8; 32]),
    /// Everybody at this address who is not signed in.
    Address(IpAddr),
}

impl Holder {
    /// Who sent `request`, once the guard has found out.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let caller = request.extensions().get::<Caller>();
        let principal = caller.and_then(|caller| caller.principal.as_ref());
        match principal {
            Some(principal) => Self::User(Sha256::digest(principal.login.as_bytes()).into()),
            None => Self::Address(address_of(request)),
        }
    }
}

/// The address under which the limits for addresses count `request`.
#[must_use]
pub fn address_of(request: &Request) -> IpAddr {
    let nowhere = ClientAddr(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    request.extensions().get::<ClientAddr>().copied().unwrap_or(nowhere).counted()
}
