//! Auth keys, login codes, QR codes and sessions.

use sha1::{Digest, Sha1};

use super::State;
use super::apply::{Applied, Notice};
use super::dc::Dc;
use super::ids::{KeyId, UserId};
use super::login::{
    Authorization, Delivery, Device, KeyRecord, Login, LoginCode, LoginToken, TOKEN_LIFE_MS,
};
use super::refusal::{AUTH_KEY_UNREGISTERED, Refusal};

impl State {
    pub(crate) fn key(&self, id: KeyId) -> Result<&KeyRecord, Refusal> {
        self.keys.get(&id).ok_or(AUTH_KEY_UNREGISTERED)
    }

    pub(super) fn add_key(&mut self, key: &[u8], salt: i64, dc: Dc) -> Result<Applied, Refusal> {
        let bytes: [u8; 256] = key
            .try_into()
            .map_err(|_wrong_length| Refusal::bad("AUTH_KEY_INVALID"))?;
        let record = KeyRecord {
            key: Box::new(bytes),
            salt,
            dc,
            login: Login::None,
            qr: None,
        };
        self.keys.insert(KeyId::of(&bytes), record);
        Ok(Applied::default())
    }

    pub(super) fn issue_code(
        &mut self,
        at: i64,
        phone: &str,
        hash: &str,
        code: &str,
        delivery: Delivery,
    ) -> Result<Applied, Refusal> {
        if self.user_by_phone(phone).is_none() {
            return Err(Refusal::bad("PHONE_NUMBER_UNOCCUPIED"));
        }
        let code = LoginCode {
            hash: hash.to_owned(),
            code: code.to_owned(),
            delivery,
            issued_at: at,
            wrong_attempts: 0,
            expired: false,
        };
        self.codes.insert(phone.to_owned(), code);
        Ok(Applied::default())
    }

    pub(super) fn expire_code(&mut self, phone: &str) -> Result<Applied, Refusal> {
        self.pending_code(phone)?.expired = true;
        Ok(Applied::default())
    }

    pub(super) fn wrong_code(&mut self, phone: &str) -> Result<Applied, Refusal> {
        self.pending_code(phone)?.wrong_attempts += 1;
        Ok(Applied::default())
    }

    pub(super) fn set_login(&mut self, key: KeyId, login: Login) -> Result<Applied, Refusal> {
        let record = self.keys.get_mut(&key).ok_or(AUTH_KEY_UNREGISTERED)?;
        record.login = login;
        record.qr = None;
        Ok(Applied::default())
    }

    pub(super) fn log_in(
        &mut self,
        at: i64,
        key: KeyId,
        user: UserId,
        device: &Device,
    ) -> Result<Applied, Refusal> {
        let phone = self.user(user)?.phone.clone();
        let authorization = Authorization {
            user,
            device: device.clone(),
            since: at / 1000,
        };
        let applied = self.set_login(key, Login::Done(authorization))?;
        self.codes.remove(&phone);
        Ok(applied)
    }

    pub(super) fn revoke_sessions(
        &mut self,
        user: UserId,
        except: Option<KeyId>,
    ) -> Result<Applied, Refusal> {
        self.user(user)?;
        for (id, record) in &mut self.keys {
            if record.user() == Some(user) && Some(*id) != except {
                record.login = Login::None;
            }
        }
        Ok(Applied::default())
    }

    pub(super) fn issue_login_token(
        &mut self,
        at: i64,
        key: KeyId,
        token: &[u8],
    ) -> Result<Applied, Refusal> {
        let record = self.keys.get_mut(&key).ok_or(AUTH_KEY_UNREGISTERED)?;
        record.qr = Some(LoginToken {
            token: token.to_vec(),
            expires_at: at + TOKEN_LIFE_MS,
            accepted_by: None,
        });
        Ok(Applied::default())
    }

    pub(super) fn accept_login_token(
        &mut self,
        at: i64,
        user: UserId,
        token: &[u8],
    ) -> Result<Applied, Refusal> {
        self.user(user)?;
        let shown = self.keys.iter_mut().find_map(|(id, record)| {
            record
                .qr
                .as_mut()
                .filter(|qr| qr.token == token)
                .map(|qr| (*id, qr))
        });
        let (key, qr) = shown.ok_or(Refusal::bad("AUTH_TOKEN_INVALID"))?;
        if qr.accepted_by.is_some() {
            return Err(Refusal::bad("AUTH_TOKEN_ALREADY_ACCEPTED"));
        }
        if at >= qr.expires_at {
            return Err(Refusal::bad("AUTH_TOKEN_EXPIRED"));
        }
        qr.accepted_by = Some(user);
        Ok(Applied::notices(vec![Notice::LoginToken { key }]))
    }

    fn pending_code(&mut self, phone: &str) -> Result<&mut LoginCode, Refusal> {
        self.codes
            .get_mut(phone)
            .ok_or(Refusal::bad("PHONE_CODE_EXPIRED"))
    }
}

impl KeyId {
    pub(crate) fn of(key: &[u8; 256]) -> Self {
        let hash = Sha1::digest(key);
        let mut id = [0; 8];
        id.copy_from_slice(&hash[12..20]);
        Self(id)
    }
}
