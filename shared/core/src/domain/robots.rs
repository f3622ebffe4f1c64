//! Placeholder.
/// x
pub fn is_robot(agent: &str) -> bool { agent.contains("bot") }
