//! Access tokens: JWT, HS256 and nothing else. A token names a session; what its owner may do is
//! looked up, so that a change takes effect before the token expires.

use domain::ids::SessionId;
use domain::login::Login;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::signing_keys::SigningKeys;
use crate::hex::hex;

const ISSUER: &str = "healthflow";
const AUDIENCE: &str = "healthflow-api";
/// Tells an access token from any other JWT (RFC 9068).
const TYPE: &str = "at+jwt";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: SessionId,
    iss: String,
    aud: String,
    iat: u64,
    exp: u64,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Tokens {
    key_id: String,
    signing: EncodingKey,
    /// What is believed, by key id.
    checking: Vec<(String, DecodingKey)>,
    validation: Validation,
    lifetime_s: u64,
}

impl Tokens {
    /// Tokens signed with these keys, good for `lifetime_s` seconds.
    #[must_use]
    pub fn new(keys: &SigningKeys, lifetime_s: u64) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        let believed = [Some(&keys.current), keys.previous.as_ref()];
        let checking = believed
            .into_iter()
            .flatten()
            .map(|secret| (key_id(secret), DecodingKey::from_secret(secret.as_bytes())))
            .collect();
        Self {
            key_id: key_id(&keys.current),
            signing: EncodingKey::from_secret(keys.current.as_bytes()),
            checking,
            validation,
            lifetime_s,
        }
    }

    /// How long a token holds, in seconds.
    #[must_use]
    pub fn lifetime_s(&self) -> u64 {
        self.lifetime_s
    }

    /// A token for this session, good from `now_s` on.
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(
        &self,
        login: &Login,
        session_id: SessionId,
        now_s: u64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: login.key().to_owned(),
            sid: session_id,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now_s,
            exp: now_s + self.lifetime_s,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.signing)
    }

    /// Which session this token is of, if it is one of ours and still holds.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<Verified> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let named = header.kid?;
        let (_, key) = self.checking.iter().find(|(key_id, _)| *key_id == named)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok()?.claims;
        Some(Verified { session_id: claims.sid, expires_at_s: claims.exp })
    }
}

/// What a token proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The session it is of.
    pub session_id: SessionId,
    /// When the token ends, in seconds since 1970.
    pub expires_at_s: u64,
}

/// A name for a secret that tells nothing about it.
fn key_id(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    const SESSION: SessionId = SessionId(uuid::Uuid::from_u128(1));

    fn keys(current: char, previous: Option<char>) -> SigningKeys {
        let secret = |c: char| c.to_string().repeat(32);
        SigningKeys { current: secret(current), previous: previous.map(secret) }
    }

    fn tokens() -> Tokens {
        Tokens::new(&keys('s', None), 900)
    }

    fn now_s() -> u64 {
        SystemClock.unix_ms() / 1_000
    }

    fn issued(by: &Tokens) -> String {
        by.issue(&Login::parse("anna").expect("a login"), SESSION, now_s()).expect("signed")
    }

    #[test]
    fn a_token_proves_its_session() {
        let verified = tokens().verify(&issued(&tokens()));
        assert_eq!(verified.map(|verified| verified.session_id), Some(SESSION));
    }

    #[test]
    fn rejects_an_expired_token() {
        let login = Login::parse("anna").expect("a login");
        let token = tokens().issue(&login, SESSION, now_s() - 901).expect("signed");
        assert_eq!(tokens().verify(&token), None);
    }

    #[test]
    fn rejects_tokens_of_other_secrets_and_algorithms() {
        assert_eq!(tokens().verify(&issued(&Tokens::new(&keys('o', None), 900))), None);
        let own = issued(&tokens());
        let unsigned = own.split('.').skip(1).collect::<Vec<_>>().join(".");
        // {"alg":"none","typ":"JWT"}
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{unsigned}");
        assert_eq!(tokens().verify(&none), None);
        assert_eq!(tokens().verify("nonsense"), None);
    }

    #[test]
    fn rejects_other_kinds_of_tokens_signed_with_the_same_secret() {
        let claims = Claims {
            sub: "anna".to_owned(),
            sid: SESSION,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now_s(),
            exp: now_s() + 900,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(tokens().key_id);
        let signed = |header: &Header, claims: &Claims| {
            let key = EncodingKey::from_secret("s".repeat(32).as_bytes());
            jsonwebtoken::encode(header, claims, &key).expect("signed")
        };
        assert_eq!(tokens().verify(&signed(&header, &claims)), None, "typ is JWT");
        header.typ = Some(TYPE.to_owned());
        assert!(tokens().verify(&signed(&header, &claims)).is_some());
        let elsewhere = Claims { aud: "another".to_owned(), ..claims };
        assert_eq!(tokens().verify(&signed(&header, &elsewhere)), None, "for somebody else");
    }

    #[test]
    fn believes_the_key_before_and_signs_with_the_new_one() {
        let old = issued(&Tokens::new(&keys('a', None), 900));
        let rotated = Tokens::new(&keys('b', Some('a')), 900);
        assert!(rotated.verify(&old).is_some());
        let new = issued(&rotated);
        assert!(rotated.verify(&new).is_some());
        assert_eq!(Tokens::new(&keys('a', None), 900).verify(&new), None);
        let twice = Tokens::new(&keys('c', Some('b')), 900);
        assert_eq!(twice.verify(&old), None, "two keys, not three");
    }
}
