//! The search for a likelihood's maximum over positive parameters, and how well the data pin it down.
//!
//! Nelder and Mead's simplex over the parameters' logarithms: deterministic, and content with values alone. Nothing
//! is called a maximum before a fresh simplex around it has found no better point, it lies inside of the bounds,
//! and the likelihood curves down from it in every direction.

#![expect(clippy::float_arithmetic, reason = "a likelihood is a float")]
#![expect(clippy::indexing_slicing, reason = "indices run over arrays of the type's own length")]

use std::array::from_fn;

/// A maximum of a log-likelihood of `N` parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Maximum<const N: usize> {
    /// The logarithms of the parameters.
    pub(super) at: [f64; N],
    /// The log-likelihood there.
    pub(super) value: f64,
    /// The covariance of the parameters' logarithms: the inverse of the observed information.
    pub(super) covariance: [[f64; N]; N],
}

type Vertex<const N: usize> = ([f64; N], f64);

/// How far from 0 the logarithm of a parameter may be: e¹² is 160,000.
const BOUND: f64 = 12.0;
/// A searching simplex's first edge.
const WIDE: f64 = 0.5;
/// A confirming simplex's first edge.
const NARROW: f64 = 0.1;
/// The edge below which a simplex has closed in on its best point.
const SMALL: f64 = 1e-6;
/// The most steps of one simplex.
const MAX_STEPS: u32 = 2_000;
/// The most simplices from one starting point.
const MAX_ROUNDS: u32 = 8;
/// What another round may gain at most for the search to be over, in units of log-likelihood.
const GAIN: f64 = 1e-7;
/// The step of the second differences.
const DIFFERENCE: f64 = 1e-3;

/// The maximum found from the first of `starts` that leads to one.
pub(super) fn maximise<const N: usize>(
    log_likelihood: impl Fn(&[f64; N]) -> f64,
    starts: &[[f64; N]],
) -> Option<Maximum<N>> {
    let bounded = |at: &[f64; N]| {
        let value = log_likelihood(&at.map(f64::exp));
        let inside = at.iter().all(|logarithm| logarithm.abs() < BOUND);
        if inside && value.is_finite() { value } else { f64::NEG_INFINITY }
    };
    starts.iter().find_map(|start| {
        let (at, value) = climb_until_still(&bounded, start)?;
        let covariance = invert(&information(&bounded, &at, value))?;
        Some(Maximum { at, value, covariance })
    })
}

/// Simplex after simplex, each around the last one's best, until one gains nothing. `None` when that never happens.
fn climb_until_still<const N: usize>(
    value_at: &impl Fn(&[f64; N]) -> f64,
    start: &[f64; N],
) -> Option<Vertex<N>> {
    let mut best = climb(value_at, start, WIDE)?;
    for _ in 0..MAX_ROUNDS {
        let next = climb(value_at, &best.0, NARROW)?;
        let gain = next.1 - best.1;
        if gain > 0.0 {
            best = next;
        }
        if gain <= GAIN {
            return best.1.is_finite().then_some(best);
        }
    }
    None
}

/// One simplex from its first edge to its last. `None` when it does not shrink in time.
fn climb<const N: usize>(
    value_at: &impl Fn(&[f64; N]) -> f64,
    start: &[f64; N],
    edge: f64,
) -> Option<Vertex<N>> {
    let vertex = |at: [f64; N]| (at, value_at(&at));
    let mut simplex = vec![vertex(*start)];
    simplex.extend((0..N).map(|axis| vertex(from_fn(|i| start[i] + if i == axis { edge } else { 0.0 }))));
    for _ in 0..MAX_STEPS {
        // Stable, so that ties fall the same way on every machine.
        simplex.sort_by(|left, right| right.1.total_cmp(&left.1));
        let (worst, others) = simplex.split_last_mut()?;
        let best = *others.first()?;
        let second_worst = others.last()?.1;
        let far = |at: &[f64; N]| (0..N).any(|i| (at[i] - best.0[i]).abs() > SMALL);
        if !far(&worst.0) && !others.iter().any(|(at, _)| far(at)) {
            return Some(best);
        }
        let middle: [f64; N] = from_fn(|i| others.iter().map(|(at, _)| at[i] / count(N)).sum());
        let beyond = |factor: f64| vertex(from_fn(|i| middle[i] + factor * (middle[i] - worst.0[i])));
        let reflected = beyond(1.0);
        let next = if reflected.1 > best.1 {
            let expanded = beyond(2.0);
            Some(if expanded.1 > reflected.1 { expanded } else { reflected })
        } else if reflected.1 > second_worst {
            Some(reflected)
        } else {
            let contracted = beyond(if reflected.1 > worst.1 { 0.5 } else { -0.5 });
            (contracted.1 > worst.1.max(reflected.1)).then_some(contracted)
        };
        if let Some(next) = next {
            *worst = next;
        } else {
            for old in simplex.iter_mut().skip(1) {
                *old = vertex(from_fn(|i| f64::midpoint(old.0[i], best.0[i])));
            }
        }
    }
    None
}

/// A small length as a float.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// The observed information: minus the second derivatives, by central differences.
fn information<const N: usize>(
    value_at: &impl Fn(&[f64; N]) -> f64,
    at: &[f64; N],
    value: f64,
) -> [[f64; N]; N] {
    let moved = |steps: [(usize, f64); 2]| {
        let mut point = *at;
        for (axis, step) in steps {
            point[axis] += step * DIFFERENCE;
        }
        value_at(&point)
    };
    let square = DIFFERENCE * DIFFERENCE;
    from_fn(|row| {
        from_fn(|column| {
            if row == column {
                let [before, after] = [-1.0, 1.0].map(|step| moved([(row, step), (row, 0.0)]));
                return (2.0 * value - before - after) / square;
            }
            let corner = |down: f64, right: f64| moved([(row, down), (column, right)]);
            (corner(1.0, -1.0) + corner(-1.0, 1.0) - corner(1.0, 1.0) - corner(-1.0, -1.0)) / (4.0 * square)
        })
    })
}

/// The inverse of a symmetric matrix, by Cholesky. `None` unless it is positive definite.
fn invert<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut root = [[0.0; N]; N];
    for row in 0..N {
        for column in 0..=row {
            let rest = matrix[row][column]
                - (0..column).map(|inner| root[row][inner] * root[column][inner]).sum::<f64>();
            root[row][column] = if row == column { rest.sqrt() } else { rest / root[column][column] };
        }
        // Also when it is not a number. Less than this is noise of the differences, not curvature.
        if root[row][row].is_nan() || root[row][row] < 1e-3 {
            return None;
        }
    }
    let mut inverse = [[0.0; N]; N];
    for (unit, solved) in inverse.iter_mut().enumerate() {
        for row in 0..N {
            let rest: f64 = (0..row).map(|inner| root[row][inner] * solved[inner]).sum();
            solved[row] = ((if row == unit { 1.0 } else { 0.0 }) - rest) / root[row][row];
        }
        for row in (0..N).rev() {
            let rest: f64 = (row + 1..N).map(|inner| root[inner][row] * solved[inner]).sum();
            solved[row] = (solved[row] - rest) / root[row][row];
        }
    }
    Some(inverse)
}

/// The variance that uncertain parameters give to a quantity, by its gradient: the delta method.
pub(super) fn variance_of<const N: usize>(gradient: &[f64; N], covariance: &[[f64; N]; N]) -> f64 {
    let row = |row: &[f64; N]| row.iter().zip(gradient).map(|(entry, slope)| entry * slope).sum::<f64>();
    covariance.iter().zip(gradient).map(|(entries, slope)| slope * row(entries)).sum()
}

/// The slopes of `M` quantities along each parameter's logarithm, by central differences.
pub(super) fn gradients<const N: usize, const M: usize>(
    parameters: &[f64; N],
    quantities: impl Fn(&[f64; N]) -> Option<[f64; M]>,
) -> Option<[[f64; N]; M]> {
    let mut slopes = [[0.0; N]; M];
    for axis in 0..N {
        let moved = |step: f64| {
            let mut point = *parameters;
            point[axis] *= step.exp();
            quantities(&point)
        };
        let (after, before) = (moved(DIFFERENCE)?, moved(-DIFFERENCE)?);
        for quantity in 0..M {
            slopes[quantity][axis] = (after[quantity] - before[quantity]) / (2.0 * DIFFERENCE);
        }
    }
    Some(slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A curved ridge with its top of 3 at (2, 5): Rosenbrock's valley upside down.
    fn ridge(at: &[f64; 2]) -> f64 {
        let [x, y] = at.map(f64::ln);
        let (top_x, top_y) = (2_f64.ln(), 5_f64.ln());
        3.0 - (x - top_x).powi(2) - 100.0 * ((y - top_y) - (x - top_x).powi(2)).powi(2)
    }

    #[test]
    fn the_top_of_a_curved_ridge_is_found_from_anywhere() {
        for start in [[0.0, 0.0], [-3.0, 4.0], [5.0, -2.0]] {
            let maximum = maximise(ridge, &[start]).unwrap();
            let [x, y] = maximum.at.map(f64::exp);
            assert!((x - 2.0).abs() < 1e-5 && (y - 5.0).abs() < 1e-5, "{x} {y}");
            assert!((maximum.covariance[0][0] - 0.5).abs() < 1e-3);
            assert!((maximum.covariance[1][1] - 0.005).abs() < 1e-4);
        }
    }

    #[test]
    fn what_only_rises_or_is_flat_has_no_maximum() {
        assert_eq!(maximise(|at: &[f64; 2]| at[0].ln() - at[1], &[[0.0, 0.0]]), None);
        assert_eq!(maximise(|at: &[f64; 2]| -(at[0].ln()).powi(2), &[[0.3, 0.0]]), None);
        assert_eq!(maximise(|_: &[f64; 2]| f64::NAN, &[[0.0, 0.0]]), None);
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = [[4.0, 2.0, 0.4], [2.0, 3.0, -0.5], [0.4, -0.5, 1.0]];
        let inverse = invert(&matrix).unwrap();
        for (row, left) in matrix.iter().enumerate() {
            for column in [0, 1, 2] {
                let product: f64 =
                    left.iter().zip(&inverse).map(|(entry, right)| entry * right[column]).sum();
                assert!((product - f64::from(u8::from(row == column))).abs() < 1e-12);
            }
        }
        assert_eq!(invert(&[[1.0, 2.0], [2.0, 1.0]]), None);
    }

    #[test]
    fn the_delta_method_is_exact_for_what_is_linear_in_the_logarithms() {
        let [slopes] = gradients(&[2.0, 5.0], |[x, y]| Some([3.0 * x.ln() - y.ln()])).unwrap();
        assert!((slopes[0] - 3.0).abs() < 1e-9 && (slopes[1] + 1.0).abs() < 1e-9);
        let variance = variance_of(&slopes, &[[0.5, 0.1], [0.1, 0.2]]);
        assert!((variance - (9.0 * 0.5 - 2.0 * 3.0 * 0.1 + 0.2)).abs() < 1e-9);
    }
}
