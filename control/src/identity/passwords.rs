//! Passwords: Argon2id, off the threads that answer requests, and only a few at a time, for each
//! takes 19 MiB and a good part of a core.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OnceCell, Semaphore};

use crate::random::Random;
use crate::{Error, Result};

const AT_ONCE: usize = 2;
/// The fewest characters of a new password.
const SHORTEST: usize = 12;
/// The most bytes that are hashed at all.
const LONGEST: usize = 1_024;

/// The turnstile before password hashing.
pub(crate) struct PasswordWork {
    turns: Arc<Semaphore>,
    decoy: OnceCell<String>,
}

impl Default for PasswordWork {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            decoy: OnceCell::new(),
        }
    }
}

impl PasswordWork {
    /// The hash of a new password, as a PHC string.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a password that is too short or too long.
    pub(super) async fn hash(
        &self,
        password: &SecretString,
        random: &dyn Random,
    ) -> Result<String> {
        let length = password.expose_secret().chars().count();
        if length < SHORTEST {
            return Err(Error::invalid(
                "password",
                "must have at least 12 characters",
            ));
        }
        if password.expose_secret().len() > LONGEST {
            return Err(Error::invalid("password", "must have at most 1,024 bytes"));
        }
        self.hash_unchecked(password.clone(), random).await
    }

    /// Whether the password is the one that was hashed. Without a hash it takes as long and says
    /// no, so that nobody learns by waiting which emails are known.
    pub(super) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<String>,
        random: &dyn Random,
    ) -> Result<bool> {
        if password.expose_secret().len() > LONGEST {
            return Ok(false);
        }
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy(random).await?.to_owned(),
        };
        let password = password.clone();
        let matches = self
            .in_turn(move || {
                let parsed = PasswordHash::new(&hash)
                    .map_err(|_| Error::Broken("a stored password hash can be read"))?;
                let secret = password.expose_secret().as_bytes();
                Ok(Argon2::default().verify_password(secret, &parsed).is_ok())
            })
            .await?;
        Ok(known && matches)
    }

    async fn decoy(&self, random: &dyn Random) -> Result<&str> {
        let hash = self
            .decoy
            .get_or_try_init(|| self.hash_unchecked(SecretString::from("nobody"), random))
            .await?;
        Ok(hash)
    }

    async fn hash_unchecked(&self, password: SecretString, random: &dyn Random) -> Result<String> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        self.in_turn(move || {
            Argon2::default()
                .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
                .map(|hash: PasswordHash| hash.to_string())
                .map_err(|_| Error::Broken("a password can be hashed"))
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Error::Broken("password hashing takes turns"))?;
        // The turn goes along: when the request is given up, the work still takes its place.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|_| Error::Broken("password hashing comes to an end"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_with_a_salt_of_its_own() {
        let work = PasswordWork::default();
        let one = work
            .hash(&secret("correct horse battery"), &SystemRandom)
            .await
            .unwrap();
        let two = work
            .hash(&secret("correct horse battery"), &SystemRandom)
            .await
            .unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
        for (tried, right) in [
            ("correct horse battery", true),
            ("correct horse batterY", false),
        ] {
            let verdict = work
                .verify(&secret(tried), Some(one.clone()), &SystemRandom)
                .await;
            assert_eq!(verdict.unwrap(), right, "{tried}");
        }
    }

    #[tokio::test]
    async fn an_email_that_nobody_has_costs_as_much_as_one_that_somebody_has() {
        let work = PasswordWork::default();
        for tried in ["nobody", "correct horse battery"] {
            assert!(
                !work
                    .verify(&secret(tried), None, &SystemRandom)
                    .await
                    .unwrap()
            );
        }
        let decoy = work.decoy.get().expect("a hash was looked at");
        let real = work
            .hash(&secret("correct horse battery"), &SystemRandom)
            .await
            .unwrap();
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(decoy), cost(&real));
    }

    #[tokio::test]
    async fn a_password_that_is_too_short_or_absurdly_long_is_refused() {
        let work = PasswordWork::default();
        for bad in ["elevenchars", &"ü".repeat(LONGEST / 2 + 1)] {
            let answer = work.hash(&secret(bad), &SystemRandom).await;
            assert!(matches!(
                answer,
                Err(Error::Invalid {
                    field: "password",
                    ..
                })
            ));
        }
        assert!(
            !work
                .verify(&secret(&"x".repeat(LONGEST + 1)), None, &SystemRandom)
                .await
                .unwrap()
        );
    }
}
