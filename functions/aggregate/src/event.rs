//! The two things that Lambda's stream events say to us, and the answer that names what to deliver again.

use serde::{Deserialize, Serialize};

use crate::Trigger;

/// A batch of stream records, as Lambda delivers it.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(rename = "Keys")]
    keys: Keys,
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    pk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    s: String,
}

/// The records to deliver again; an empty list acknowledges all.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct StreamAnswer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    sequence: String,
}

impl StreamEvent {
    /// What its records name, in their order.
    pub fn triggers(self) -> Vec<Trigger> {
        let trigger = |record: Record| Trigger {
            sequence: record.dynamodb.sequence_number,
            pk: record.dynamodb.keys.pk.s,
        };
        self.records.into_iter().map(trigger).collect()
    }
}

impl StreamAnswer {
    /// Asks for these records again. Lambda goes back to the lowest of them.
    pub fn again(sequences: Vec<String>) -> Self {
        Self { failures: sequences.into_iter().map(|sequence| Failure { sequence }).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_event_is_read_and_answered_in_lambdas_words() {
        let json = r#"{"Records": [{"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb",
            "dynamodb": {"Keys": {"pk": {"S": "raw#shop#2026-11-23T05:07Z#0"}, "sk": {"S": "abc"}},
                         "SequenceNumber": "111", "SizeBytes": 26, "StreamViewType": "KEYS_ONLY"}}]}"#;
        let event: StreamEvent = serde_json::from_str(json).unwrap();
        let expected = Trigger { sequence: "111".to_owned(), pk: "raw#shop#2026-11-23T05:07Z#0".to_owned() };
        assert_eq!(event.triggers(), [expected]);
        let answer = serde_json::to_string(&StreamAnswer::again(vec!["111".to_owned()])).unwrap();
        assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"111"}]}"#);
    }
}
