//! Dividing an amount by weights so that the shares add up to it.

use std::cmp::Reverse;

/// A share before and after what rounding left over is handed out.
struct Share {
    amount: u128,
    remainder: u128,
}

/// Divides `amount` in proportion to the weights, in whole units that add up to it.
///
/// Method: largest remainder. Each weight gets its share rounded towards zero; the units that are left go one
/// each to the largest remainders, of equal ones to the earlier. An amount below zero is divided like its
/// opposite. Where all weights are zero, everyone gets the same; without weights there are no shares. The
/// weights add up to less than 2^64, so that no product overflows.
pub(super) fn split(amount: i128, weights: &[u64]) -> Vec<i128> {
    let mut total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let even = total == 0;
    if even {
        total = weights.iter().map(|_| 1).sum();
    }
    // In two parts, because the product of a whole amount and a weight may not fit.
    let whole = amount.unsigned_abs();
    let (Some(times), Some(rest)) = (whole.checked_div(total), whole.checked_rem(total)) else {
        return Vec::new();
    };
    let mut shares: Vec<Share> = weights
        .iter()
        .map(|weight| {
            let weight = if even { 1 } else { u128::from(*weight) };
            let product = rest * weight;
            Share { amount: times * weight + product / total, remainder: product % total }
        })
        .collect();
    let mut left = whole - shares.iter().map(|share| share.amount).sum::<u128>();
    let mut by_remainder: Vec<&mut Share> = shares.iter_mut().collect();
    by_remainder.sort_by_key(|share| Reverse(share.remainder));
    for share in by_remainder {
        if left == 0 {
            break;
        }
        share.amount += 1;
        left -= 1;
    }
    let signed = if amount < 0 { i128::saturating_sub_unsigned } else { i128::saturating_add_unsigned };
    shares.into_iter().map(|share| signed(0, share.amount)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn what_rounding_leaves_goes_to_the_largest_remainder_and_then_to_the_earlier() {
        for (amount, weights, shares) in [
            (10, &[1, 1, 1][..], &[4, 3, 3][..]),
            (-10, &[1, 1, 1], &[-4, -3, -3]),
            (11, &[1, 1, 1], &[4, 4, 3]),
            // 0.7, 1.4 and 4.9: the units that are left go to 0.9 and 0.7.
            (7, &[1, 2, 7], &[1, 1, 5]),
            (5, &[0, 1, 0], &[0, 5, 0]),
            (1, &[0, 0, 0], &[1, 0, 0]),
            (-5, &[0, 0], &[-3, -2]),
            (0, &[3, 4], &[0, 0]),
            (7, &[], &[]),
            (i128::MAX, &[u64::MAX], &[i128::MAX]),
            (i128::MIN, &[u64::MAX], &[i128::MIN]),
        ] {
            assert_eq!(split(amount, weights), shares, "{amount} by {weights:?}");
        }
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_less_than_a_unit_from_exact(
            amount in -(1_i128 << 100)..1 << 100, weights in vec(0_u64..1 << 20, 1..12),
        ) {
            let shares = split(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<i128>(), amount);
            let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            if total > 0 {
                for (share, weight) in shares.iter().zip(&weights) {
                    prop_assert!((share * total - amount * i128::from(*weight)).abs() < total);
                }
            }
            let opposite: Vec<i128> = split(-amount, &weights).into_iter().map(|share| -share).collect();
            prop_assert_eq!(opposite, shares);
        }

        #[test]
        fn shares_of_any_amount_add_up(amount: i128, weights in vec(0_u64..1 << 60, 1..12)) {
            prop_assert_eq!(split(amount, &weights).iter().sum::<i128>(), amount);
        }
    }
}
