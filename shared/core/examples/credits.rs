//! Credits of paths under every model, as JSON: `echo 'ads > mail@3 > direct;2;5000000;1' | cargo run --example credits`.
//!
//! A line of input is a path with its results, its revenue in micros and its losses. A place may name the days
//! between its touch and the result; without them it is the day of the result. The place `direct` is direct.
//! The output has, for each model and place, the results and the revenue in micros.

use std::error::Error;
use std::io::{Read, Write};

use reckon_core::domain::attribution::{Model, Path, Step, credit};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let paths = text.lines().map(path).collect::<Result<Vec<_>, _>>()?;
    let mut credits = Map::new();
    for model in Model::ALL {
        let of_model: Map<String, Value> = credit(model, &paths)?
            .into_iter()
            .map(|(place, credit)| {
                Ok((place, json!({"results": number(credit.results)?, "revenue": number(credit.revenue)?})))
            })
            .collect::<Result<_, serde_json::Error>>()?;
        credits.insert(model.name().to_owned(), Value::Object(of_model));
    }
    writeln!(std::io::stdout(), "{}", Value::Object(credits))?;
    Ok(())
}

/// Errors: an amount that does not fit in 64 bits.
fn number(amount: i128) -> Result<Value, serde_json::Error> {
    serde_json::to_value(amount)
}

fn path(line: &str) -> Result<Path<String>, Box<dyn Error>> {
    let fields: Vec<&str> = line.split(';').map(str::trim).collect();
    let [steps, results, revenue, losses] = fields.as_slice() else {
        return Err(format!("not `a > b;results;revenue;losses`: {line}").into());
    };
    Ok(Path {
        steps: steps.split('>').map(step).collect::<Result<_, _>>()?,
        results: results.parse()?,
        revenue: revenue.parse()?,
        losses: losses.parse()?,
    })
}

fn step(text: &str) -> Result<Step<String>, Box<dyn Error>> {
    let (place, days) = text.trim().split_once('@').unwrap_or((text.trim(), "0"));
    Ok(Step { place: place.to_owned(), direct: place == "direct", days: days.parse()? })
}
