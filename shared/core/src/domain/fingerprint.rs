//! One hash over all events of a day, by which two deployments, or one before and after a restore, are compared.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::ContentHash;

/// The hash of a stretch of events.
///
/// It begins with 32 zero bytes; each minute that has events makes it the SHA-256 of what it was, followed by the
/// content hashes of the minute's events, one of each id as it counts, sorted. So it depends on what was sent alone: not
/// on the order in which events came, nor on POSTs, batches, lanes and retries, nor on what we derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Goes on with the next minute's events, in any order.
    pub fn add_minute(&mut self, mut contents: Vec<ContentHash>) {
        if contents.is_empty() {
            return;
        }
        contents.sort_unstable();
        let mut digest = Sha256::new_with_prefix(self.0);
        for content in contents {
            digest.update(content.0);
        }
        self.0 = digest.finalize().into();
    }

    /// Its text: 64 hex digits.
    pub fn text(self) -> String {
        hex::encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(minutes: &[Vec<u8>]) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        for minute in minutes {
            fingerprint.add_minute(minute.iter().map(|byte| ContentHash([*byte; 32])).collect());
        }
        fingerprint
    }

    #[test]
    fn it_is_what_its_description_says() {
        let first = Sha256::new_with_prefix([0; 32]).chain_update([1; 32]).chain_update([2; 32]).finalize();
        let second = Sha256::new_with_prefix(first).chain_update([3; 32]).finalize();
        assert_eq!(of(&[vec![2, 1], vec![], vec![3]]), Fingerprint(second.into()));
        assert_eq!(Fingerprint::default().text(), "0".repeat(64));
    }

    proptest! {
        #[test]
        fn the_order_within_a_minute_and_empty_minutes_change_nothing_and_anything_else_does(
            minutes in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..5), 1..5), place in any::<prop::sample::Index>(),
        ) {
            let mut turned: Vec<Vec<u8>> = minutes.iter().map(|minute| minute.iter().rev().copied().collect()).collect();
            turned.insert(place.index(minutes.len()), Vec::new());
            prop_assert_eq!(of(&turned), of(&minutes));
            let mut changed = minutes.clone();
            changed[place.index(minutes.len())][0] ^= 1;
            let same = minutes.iter().zip(&changed).all(|(one, other)| {
                let sorted = |minute: &[u8]| { let mut minute = minute.to_vec(); minute.sort_unstable(); minute };
                sorted(one) == sorted(other)
            });
            prop_assert_eq!(of(&changed) == of(&minutes), same);
            prop_assert_ne!(of(&minutes[1..]), of(&minutes));
        }
    }
}
