//! SHA-256, as hexadecimal digits.

use sha2::{Digest, Sha256};

/// The digest of some bytes.
pub(crate) fn digest(bytes: impl AsRef<[u8]>) -> String {
    let digits = Sha256::digest(bytes);
    let digits = digits.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standards_example() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc"), expected);
    }
}
