//! Goals as they are sent: read field by field, with all that is wrong told at once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Direction, Goal, GoalError, ScheduleDraft};
use crate::domain::decimal::Decimal;
use crate::domain::dimension::{Dimension, Filters};
use crate::domain::kpi::Metric;
use crate::domain::names::Label;

/// A goal as it is sent, before it is known to be one.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = NewGoal))]
#[serde(deny_unknown_fields, expecting = "an object that is a goal")]
pub struct GoalDraft {
    /// Ignored, so that a goal can be sent back as it was read.
    #[serde(default)]
    pub id: Option<String>,
    /// Its name for people.
    pub name: String,
    /// The name of a metric.
    #[serde(default)]
    #[cfg_attr(feature = "contract", schema(value_type = Metric, required = true))]
    pub metric: String,
    /// A number, or a text with one in it. Its digits are read as they stand, never as a float.
    #[cfg_attr(feature = "contract", schema(value_type = Decimal))]
    pub target: Box<RawValue>,
    /// `at_least` or `at_most`.
    #[serde(default)]
    #[cfg_attr(feature = "contract", schema(value_type = Direction, required = true))]
    pub direction: String,
    /// On which days.
    #[cfg_attr(feature = "contract", schema(value_type = super::Schedule))]
    pub period: ScheduleDraft,
    /// The values allowed, by dimension.
    #[serde(default)]
    #[cfg_attr(feature = "contract", schema(value_type = Filters))]
    pub filters: BTreeMap<String, Vec<String>>,
}

/// The most values that a filter of a goal may name.
pub(super) const MOST_VALUES: usize = 50;
/// The longest value of a filter, in bytes: that of a landing page.
pub(super) const LONGEST_VALUE: usize = 512;
/// The largest target: a million million. With it no pace leaves the range of [`Decimal`].
pub(super) const LARGEST_TARGET: Decimal = Decimal::from_millionths(1_000_000_000_000 * Decimal::SCALE);

impl GoalDraft {
    /// The goal under this id, or everything that is wrong with it.
    pub fn parse(&self, id: String) -> Result<Goal, Vec<GoalError>> {
        let mut errors = Vec::new();
        let name = noted(Label::parse(&self.name).map_err(GoalError::Name), &mut errors);
        let metric = Metric::parse(&self.metric).ok_or_else(|| GoalError::UnknownMetric(self.metric.clone()));
        let metric = noted(metric, &mut errors);
        let direction = Direction::parse(&self.direction);
        let direction = direction.ok_or_else(|| GoalError::UnknownDirection(self.direction.clone()));
        let direction = noted(direction, &mut errors);
        let target = noted(target_of(&self.target, metric, direction), &mut errors);
        let period = self.period.parse().map_err(|wrong| errors.extend(wrong)).ok();
        let filters = filters_of(&self.filters, &mut errors);
        let goal = (|| {
            Some(Goal {
                id,
                name: name?.into(),
                metric: metric?,
                target: target?,
                direction: direction?,
                period: period?,
                filters,
            })
        })();
        goal.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

/// Notes an error and goes on.
fn noted<T>(result: Result<T, GoalError>, errors: &mut Vec<GoalError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

/// Counts and amounts cannot fall below zero, and to want at most a loss is to want more of it: only the
/// least profit and the least roi may be negative, for a launch that may lose so much and no more.
fn target_of(
    raw: &RawValue,
    metric: Option<Metric>,
    direction: Option<Direction>,
) -> Result<Decimal, GoalError> {
    let text = raw.get();
    let digits = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let target = Decimal::parse(digits).map_err(GoalError::Target)?;
    if target > LARGEST_TARGET || target < Decimal::ZERO - LARGEST_TARGET {
        return Err(GoalError::TargetTooLarge);
    }
    let may_be_a_loss = matches!(metric, None | Some(Metric::Profit | Metric::Roi))
        && matches!(direction, None | Some(Direction::AtLeast));
    if target.is_negative() && !may_be_a_loss {
        return Err(GoalError::NegativeTarget);
    }
    Ok(target)
}

fn filters_of(sent: &BTreeMap<String, Vec<String>>, errors: &mut Vec<GoalError>) -> Filters {
    let mut filters = Filters::default();
    for (name, values) in sent {
        let Some(dimension) = Dimension::parse(name) else {
            errors.push(GoalError::UnknownDimension(name.clone()));
            continue;
        };
        if values.is_empty() {
            errors.push(GoalError::NoValue(dimension));
        }
        if values.len() > MOST_VALUES {
            errors.push(GoalError::TooManyValues(dimension));
            continue;
        }
        for (index, value) in values.iter().enumerate() {
            if value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
                errors.push(GoalError::InvalidValue(dimension, index));
            } else if !may_occur(dimension, value) {
                errors.push(GoalError::UnknownValue(dimension, index, value.clone()));
            }
            filters.allow(dimension, value.clone());
        }
    }
    filters
}

/// Whether an event can have this value. A misspelt channel would hold a goal at zero for ever.
fn may_occur(dimension: Dimension, value: &str) -> bool {
    dimension.instead_of(value).is_none() && dimension.closed().is_none_or(|known| known.contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn draft(changes: &Value) -> GoalDraft {
        let mut goal = json!({"name": "November sales", "metric": "sales", "target": 1000, "direction": "at_least",
            "period": {"from": "2026-11-01", "to": "2026-11-30"}, "filters": {"channel": ["email"]}});
        goal.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        // As bodies are read: from bytes, by a deserializer that keeps track of the path.
        let text = goal.to_string();
        let mut deserializer = serde_json::Deserializer::from_slice(text.as_bytes());
        serde_path_to_error::deserialize(&mut deserializer).unwrap()
    }

    fn faults(changes: &Value) -> Vec<(String, &'static str)> {
        let errors = draft(changes).parse("g_1".to_owned()).err().unwrap_or_default();
        errors.iter().map(|error| (error.pointer(), error.code())).collect()
    }

    #[test]
    fn a_goal_is_written_as_it_is_read_and_stored_as_it_is_written() {
        let goal = draft(&json!({})).parse("g_1".to_owned()).unwrap();
        let text = r#"{"id":"g_1","name":"November sales","metric":"sales","target":1000,"direction":"at_least","period":{"from":"2026-11-01","to":"2026-11-30"},"filters":{"channel":["email"]}}"#;
        assert_eq!(serde_json::to_string(&goal).unwrap(), text);
        assert_eq!(serde_json::from_str::<Goal>(text).unwrap(), goal);
    }

    #[test]
    fn a_target_is_read_without_floats() {
        for (target, expected) in [
            (json!(1000), "1000"),
            (json!("49.90"), "49.9"),
            (json!(0.1), "0.1"),
            (json!("0.000001"), "0.000001"),
            (json!(0), "0"),
            (json!("1000000000000"), "1000000000000"),
        ] {
            let goal = draft(&json!({"target": target})).parse(String::new()).unwrap();
            assert_eq!(goal.target.text(), expected);
        }
    }

    #[test]
    fn each_fault_is_told_with_its_place() {
        let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
        for (changes, pointer, code) in [
            (json!({"name": ""}), "/name", "invalid_text"),
            (json!({"name": "a\nb"}), "/name", "invalid_text"),
            (json!({"name": "x".repeat(129)}), "/name", "invalid_text"),
            (json!({"metric": "slaes"}), "/metric", "unknown_metric"),
            (json!({"filters": {"country": ["de"]}}), "/filters/country/0", "unknown_value"),
            (json!({"target": "0.0000001"}), "/target", "invalid_number"),
            (json!({"target": "1e3"}), "/target", "invalid_number"),
            (json!({"target": null}), "/target", "invalid_number"),
            (json!({"target": [1]}), "/target", "invalid_number"),
            (json!({"target": "1000000000000.000001"}), "/target", "too_large"),
            (json!({"target": -1}), "/target", "negative"),
            (json!({"target": -1, "metric": "revenue"}), "/target", "negative"),
            (json!({"target": -1, "metric": "profit", "direction": "at_most"}), "/target", "negative"),
            (json!({"direction": "atleast"}), "/direction", "unknown_word"),
            (json!({"period": {}}), "/period", "invalid_period"),
            (json!({"period": {"every": "day"}}), "/period/every", "unknown_word"),
            (json!({"period": {"from": "2026-11-01", "to": "soon"}}), "/period/to", "invalid_date"),
            (json!({"period": {"from": "2026-11-02", "to": "2026-11-01"}}), "/period/from", "reversed"),
            (json!({"period": {"from": "2026-01-01", "to": "2029-01-01"}}), "/period/from", "too_long"),
            (json!({"filters": {"a/b~c": ["x"]}}), "/filters/a~1b~0c", "unknown_dimension"),
            (json!({"filters": {"campaign": []}}), "/filters/campaign", "empty"),
            (json!({"filters": {"campaign": many}}), "/filters/campaign", "too_many"),
            (json!({"filters": {"campaign": ["", "a\u{0}"]}}), "/filters/campaign/1", "invalid_text"),
            (json!({"filters": {"campaign": ["x".repeat(513)]}}), "/filters/campaign/0", "invalid_text"),
            (json!({"filters": {"channel": ["email", "emial"]}}), "/filters/channel/1", "unknown_value"),
            (json!({"filters": {"kind": ["sales"]}}), "/filters/kind/0", "unknown_value"),
            (json!({"filters": {"device": ["phone"]}}), "/filters/device/0", "unknown_value"),
        ] {
            assert_eq!(faults(&changes), [(pointer.to_owned(), code)], "{changes}");
        }
        assert_eq!(faults(&json!({"filters": {}})), []);
        assert_eq!(faults(&json!({"filters": {"campaign": many[1..], "country": [""]}})), []);
        for metric in ["profit", "roi"] {
            assert_eq!(faults(&json!({"target": "-500.5", "metric": metric})), []);
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let changes = json!({"name": "", "metric": "x", "target": "x", "direction": "x", "filters": {"x": []},
            "period": {"from": "x", "to": "x"}});
        let pointers: Vec<_> = faults(&changes).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(
            pointers,
            ["/name", "/metric", "/direction", "/target", "/period/from", "/period/to", "/filters/x"]
        );
    }

    #[test]
    fn a_fault_says_what_would_be_right() {
        for (changes, sentence) in [
            (json!({"name": ""}), "name must not be empty"),
            (json!({"target": "many"}), "target is not a decimal number such as 49.90"),
            (json!({"target": "1000000000001"}), "target must be at most 1000000000000"),
            (json!({"direction": "more"}), r#""more" is no direction: it is at_least or at_most"#),
            (json!({"filters": {"channel": ["emial"]}}), r#""emial" is not a channel: did you mean email?"#),
        ] {
            let errors = draft(&changes).parse(String::new()).unwrap_err();
            assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [sentence]);
        }
    }
}
