//! Hindsight: the channel that a stored event would have had under other rules.

use super::channel::{Channel, Classified, OwnRules, Signals, classify, classify_without_click};
use super::event::Event;
use super::names::Label;

/// What rules make of a stored event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindsight {
    /// The rule of this number chooses the channel.
    Judged(Channel, u8),
    /// The sender named the channel, so no rule is asked.
    Named,
    /// Nothing tells where the visitor came from, so no rule is asked.
    WithoutOrigin,
    /// The origin is that of an earlier touch or of another report of the same event, of which it is not known whether
    /// an ad click brought it, and that would decide.
    Unclear,
}

/// What a site's own rules, and the built-in ones behind them, make of a stored event.
///
/// The referrer is the one that was found to be none of the site's own when the event was accepted. An origin that was
/// brought by an earlier touch, a tracking link, another report of the same event or, for a refund, by its sale is
/// judged by what is kept of it.
pub fn hindsight(event: &Event, own: &OwnRules) -> Hindsight {
    let (sent, origin) = (&event.sent, &event.derived.origin);
    if origin.rule == 0 {
        return Hindsight::Named;
    }
    let text = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
    let (source, medium, campaign) =
        (text(&sent.utm.source), text(&sent.utm.medium), text(&sent.utm.campaign));
    let signals = Signals {
        source: &source,
        medium: &medium,
        campaign: &campaign,
        click_id: sent.click_id.as_ref().map(|(parameter, _)| *parameter),
        referrer_host: Some(origin.referrer.as_str()),
    };
    let kept = [&origin.source, &origin.medium, &origin.campaign, &origin.referrer].map(String::as_str);
    let its_own = |found: &Classified| {
        let told = [found.source.as_str(), &found.medium, campaign.as_str(), &origin.referrer];
        !origin.inherited && told == kept
    };
    if let Some(found) = classify(&signals, own).filter(its_own) {
        return Hindsight::Judged(found.channel, found.rule);
    }
    if kept == [""; 4] {
        return Hindsight::WithoutOrigin;
    }
    classify_without_click(kept, own)
        .map_or(Hindsight::Unclear, |(channel, rule)| Hindsight::Judged(channel, rule))
}
