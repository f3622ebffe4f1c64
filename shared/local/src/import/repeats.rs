//! Rows that repeat another: of an order there is one result of each kind, so a second row of it says nothing new, or
//! would be lost.

use std::collections::{HashMap, HashSet};

use reckon_core::domain::event::Kind;
use serde_json::{Map, Value};

use super::row::Row;

/// Takes out rows that say again what a row above says of its order or id, and answers how many. An error names two rows
/// that say of one order what cannot both hold.
pub(super) fn take_out(rows: &mut Vec<Row>) -> Result<u64, String> {
    let all = std::mem::take(rows);
    let mut kept: Vec<Row> = Vec::with_capacity(all.len());
    let mut orders: HashMap<(String, String), usize> = HashMap::new();
    let mut ids: HashSet<(String, i64, String)> = HashSet::new();
    let mut repeated = 0;
    for row in all {
        if !row.hashed && !ids.insert((row.id.clone(), row.at, Value::Object(row.fields.clone()).to_string()))
        {
            repeated += 1;
            continue;
        }
        let Some(key) = order_of(&row.fields) else {
            kept.push(row);
            continue;
        };
        match orders.get(&key).and_then(|place| kept.get(*place)) {
            None => {
                orders.insert(key, kept.len());
                kept.push(row);
            }
            Some(first) if first.at == row.at && first.fields.get("value") == row.fields.get("value") => {
                repeated += 1;
            }
            Some(first) => return Err(contradiction(first, &row, &key)),
        }
    }
    *rows = kept;
    Ok(repeated)
}

/// The kind and order of a result; nothing of what amends one.
fn order_of(fields: &Map<String, Value>) -> Option<(String, String)> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let kind = text("kind").filter(|kind| Kind::parse(kind).is_some_and(Kind::is_result))?;
    let amends = fields.contains_key("void") || fields.contains_key("version");
    Some((kind, text("order")?)).filter(|_| !amends)
}

fn contradiction(first: &Row, second: &Row, (kind, order): &(String, String)) -> String {
    let value = |row: &Row| row.fields.get("value").and_then(Value::as_str).unwrap_or("nothing").to_owned();
    let (one, other) = (value(first), value(second));
    let differ =
        if one == other { "at different times".to_owned() } else { format!("worth {one} and {other}") };
    format!(
        "{} and {} are both the {kind} of order {order:?}, {differ}; an order is one {kind}, so one of them would be lost. \
         If they are parts of it, add them up before, or name the column with the order's total: --map value=COLUMN. If each \
         is a {kind} of its own, let it have an id and no order: --map id=COLUMN. If the later restates the earlier, import \
         it by itself, after the other, and with a higher --set version=NUMBER where it goes back to what was told before",
        first.line, second.line
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(number: u64, at: i64, fields: &Value) -> Row {
        Row::hashed(number, at, "", fields.as_object().unwrap().clone())
    }

    #[test]
    fn rows_of_one_order_repeat_each_other_or_contradict_each_other() {
        let sale = |value: &str| json!({"kind": "sale", "order": "A-1", "value": value});
        let other = json!({"kind": "lead", "order": "A-1", "value": "7"});
        let refund = json!({"kind": "refund", "order": "A-1", "value": "1"});
        let void = json!({"kind": "sale", "order": "A-1", "value": "5", "void": true});
        for (rows, expected) in [
            (vec![(0, sale("5")), (0, sale("5")), (0, other)], Ok(1)),
            (vec![(0, refund.clone()), (9, refund), (9, sale("5")), (10, void)], Ok(0)),
            (
                vec![(0, sale("5")), (0, sale("6"))],
                Err("line 1 and line 2 are both the sale of order \"A-1\", worth 5 and 6"),
            ),
            (vec![(0, sale("5")), (1, sale("5"))], Err("at different times")),
        ] {
            let all = rows.len();
            let mut rows: Vec<Row> =
                (1..).zip(rows).map(|(number, (at, fields))| row(number, at, &fields)).collect();
            match (take_out(&mut rows), expected) {
                (Ok(repeated), Ok(expected)) => {
                    assert_eq!((repeated, rows.len()), (expected, all - usize::try_from(expected).unwrap()));
                }
                (told, expected) => {
                    let told = told.unwrap_err();
                    assert!(
                        told.contains(expected.unwrap_err()) && told.contains("--map id=COLUMN"),
                        "{told}"
                    );
                }
            }
        }
    }
}
