//! Why a client could not be made. A request that fails is no error but an [`super::Exchange`].

/// The machine lacks something that every request needs; asking again without a change is vain.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// TLS could not be set up, as a rule because no root certificates are installed.
    #[error(
        "cannot set up TLS ({0}); install root certificates (package ca-certificates) or name them in SSL_CERT_FILE"
    )]
    Tls(String),
    /// The operating system gave no random bytes, so that no nonce can be made.
    #[error("the operating system gave no random bytes for request nonces")]
    Randomness,
}
