use super::*;
use crate::domain::report::standing_at;
use proptest::prelude::*;

/// Rows, as a number that says which events are in them.
type Packed = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    since: i64,
    folded: i64,
    n: u32,
    rows: Packed,
}

/// A day as the table has it: what stands, and what was kept.
#[derive(Debug, Default)]
struct Table {
    standing: BTreeMap<View, Item>,
    kept: BTreeMap<View, BTreeMap<i64, Packed>>,
    /// What each fold that completed a version had in every view, by its number.
    completed: BTreeMap<i64, BTreeMap<View, Packed>>,
}

/// Chance that a seed repeats.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// The views that a model day has; the total is the first.
fn views() -> Vec<View> {
    View::all().take(4).collect()
}

/// The rows of a view once `n` events are stored: event `i` is in views that a seed chooses, the total often not.
fn rows(view: usize, n: u32, seed: u64) -> Packed {
    (0..n)
        .filter(|event| (seed >> ((event * 4 + u32::try_from(view).unwrap()) % 61)) & 1 == 1)
        .map(|i| 1 << i)
        .sum()
}

/// One writer on its way: what it has read, what it still has to do.
struct Writer {
    n: u32,
    now: i64,
    /// In the order of the views.
    read: Vec<Option<Item>>,
    todo: Vec<(View, bool)>,
    plan: Option<Refold>,
}

impl Writer {
    fn new(n: u32, now: i64) -> Self {
        Self { n, now, read: Vec::new(), todo: Vec::new(), plan: None }
    }

    /// Takes one step; false when it is through or has to begin again.
    fn step(&mut self, table: &mut Table, seed: u64) -> bool {
        let views = views();
        let mine = |view: View| rows(views.iter().position(|known| *known == view).unwrap(), self.n, seed);
        if let Some(next) = views.get(self.read.len()) {
            self.read.push(table.standing.get(next).copied());
            return true;
        }
        let read = |view: View| self.read[views.iter().position(|known| *known == view).unwrap()];
        let Some(plan) = &self.plan else {
            if views.iter().any(|view| read(*view).is_some_and(|item| item.n > self.n)) {
                return false;
            }
            let standing = views.iter().filter_map(|view| {
                let item = read(*view)?;
                let same = item.rows == mine(*view);
                Some((*view, Standing { since: item.since, folded: item.folded, same }))
            });
            let filled = views.iter().copied().filter(|view| mine(*view) != 0).collect();
            let plan = Refold::plan(self.now, standing.collect(), filled);
            let order = views[1..].iter().chain([&View::TOTAL]);
            self.todo = order.flat_map(|view| [(*view, true), (*view, false)]).rev().collect();
            self.plan = Some(plan);
            return true;
        };
        let Some((view, keep)) = self.todo.pop() else { return false };
        if keep {
            if let Some(item) = read(view).filter(|_| plan.keeps(view)) {
                let before = table.kept.entry(view).or_default().insert(item.since, item.rows);
                assert!(before.is_none_or(|before| before == item.rows), "two versions of one number");
            }
            return true;
        }
        if table.standing.get(&view).copied() != read(view) {
            return false;
        }
        let item = Item { since: plan.since(view), folded: plan.folded, n: self.n, rows: mine(view) };
        table.standing.insert(view, item);
        if view == View::TOTAL && plan.moves() {
            let all = views.iter().map(|view| (*view, mine(*view))).collect();
            assert!(table.completed.insert(plan.folded, all).is_none(), "two folds of one number");
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whoever_writes_at_once_or_is_cut_off_every_completed_fold_can_be_read_later(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        let mut table = Table::default();
        let mut stored = 1;
        let mut writers: Vec<Writer> = Vec::new();
        for step in 0..150_i64 {
            if writers.len() < 3 {
                stored += u32::from(chance.below(2) == 0 && stored < 14);
                // Clocks are wrong, and some writers have read before the last events came in.
                let now = 1_000 + step + i64::try_from(chance.below(40)).unwrap() - 20;
                let seen = stored - u32::from(chance.below(3) == 0 && stored > 1);
                writers.push(Writer::new(seen, now));
            }
            let place = usize::try_from(chance.below(u64::try_from(writers.len()).unwrap())).unwrap();
            // Some are cut off, some have to begin again, most go on.
            if chance.below(40) == 0 || !writers[place].step(&mut table, seed) {
                writers.remove(place);
            }
        }
        let mut versions = table.kept.clone();
        for (view, item) in &table.standing {
            versions.entry(*view).or_default().insert(item.since, item.rows);
        }
        let totals: Vec<i64> = versions.get(&View::TOTAL).map(|all| all.keys().copied().collect()).unwrap_or_default();
        prop_assert_eq!(totals, table.completed.keys().copied().collect::<Vec<_>>());
        for (folded, rows) in &table.completed {
            for (view, rows) in rows {
                let seen = versions.get(view).and_then(|all| standing_at(all, *folded)).map_or(0, |(_, rows)| *rows);
                prop_assert_eq!(seen, *rows, "{} of fold {}", view.name(), folded);
            }
        }
    }
}

#[test]
fn the_first_fold_begins_a_version_of_all_that_has_rows_and_one_that_changes_nothing_of_none() {
    let channel = View::CHANNEL;
    let first = Refold::plan(10, BTreeMap::new(), BTreeSet::from([View::TOTAL]));
    assert_eq!((first.since(View::TOTAL), first.since(channel), first.keeps(View::TOTAL)), (10, 0, false));
    let stands = |since, folded, same| Standing { since, folded, same };
    let filled = BTreeSet::from([View::TOTAL, channel]);
    let same = BTreeMap::from([(View::TOTAL, stands(10, 12, true)), (channel, stands(8, 12, true))]);
    let again = Refold::plan(11, same, filled.clone());
    assert_eq!(
        (again.folded, again.moves(), again.since(View::TOTAL), again.since(channel)),
        (13, false, 10, 8)
    );
    // A channel that moved, and one that a fold began which never completed.
    for (since, same) in [(8, false), (12, true)] {
        let standing =
            BTreeMap::from([(View::TOTAL, stands(10, 12, true)), (channel, stands(since, 12, same))]);
        let moved = Refold::plan(20, standing, filled.clone());
        assert_eq!(moved.moved, BTreeSet::from([channel]));
        assert_eq!((moved.since(View::TOTAL), moved.keeps(View::TOTAL)), (20, true));
        assert_eq!((moved.since(channel), moved.keeps(channel)), if same { (12, false) } else { (20, true) });
    }
}
