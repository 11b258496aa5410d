//! Why a client could not be made. A request that fails is no error but an [`super::Exchange`].

use std::path::PathBuf;

/// The machine or its configuration lacks something that every request needs; asking again without a change
/// is vain.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// TLS could not be set up, as a rule because no root certificates are installed.
    #[error(
        "cannot set up TLS ({0}); install root certificates (package ca-certificates) or name them in SSL_CERT_FILE"
    )]
    Tls(String),
    /// The file of additional root certificates cannot be used.
    #[error(
        "cannot use the certificates in {} ([network] ca_file): {reason}; name a file of PEM certificates, or remove the setting",
        .path.display()
    )]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The proxy's address cannot be used. It is not repeated, since it may hold a password.
    #[error(
        "cannot use the proxy of {origin}: {reason}; write it as http://[USER:PASSWORD@]HOST:PORT"
    )]
    Proxy {
        /// Where it was set.
        origin: String,
        /// Why not.
        reason: &'static str,
    },
    /// The operating system gave no random bytes, so that no nonce can be made.
    #[error(
        "the operating system gave no random bytes for request nonces; see that /dev/urandom can be read"
    )]
    Randomness,
}
