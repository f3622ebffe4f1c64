//! What a path keeps of a journey.

use chrono::DateTime;

use super::*;
use crate::domain::channel::Channel;
use crate::domain::names::{Currency, EventId, SiteId};
use crate::domain::origin::derive;

const NOW: i64 = 1_790_000_000_000;

fn site() -> Site {
    Site::new(SiteId::parse("shop").unwrap(), chrono_tz::UTC, Currency::parse("EUR").unwrap())
}

fn touch(days_ago: i64, contact: Contact, channel: Channel, partner: &str) -> Touch {
    let origin = Origin { channel, partner: partner.to_owned(), ..Origin::direct() };
    Touch { at: NOW - days_ago * DAY_MILLIS, contact, origin, landing_page: String::new() }
}

fn result(kind: Kind) -> Sent {
    Sent::new(EventId::parse("r").unwrap(), kind, DateTime::from_timestamp_millis(NOW).unwrap())
}

fn path(sent: &Sent, touches: &[Touch]) -> Option<Path> {
    let derived = derive(sent, None, None, &site());
    path_of(sent, &derived, touches, &site())
}

#[test]
fn a_path_is_sorted_and_says_which_touches_are_too_old() {
    let touches = [
        touch(0, Contact::Click, Channel::Email, ""),
        touch(31, Contact::Visit, Channel::PaidSearch, ""),
        touch(2, Contact::Impression, Channel::Display, ""),
        touch(30, Contact::Visit, Channel::Affiliate, "ada"),
    ];
    let path = path(&result(Kind::Sale), &touches).unwrap();
    let told: Vec<_> = path.steps.iter().map(|step| (step.channel, step.standing)).collect();
    assert_eq!(
        told,
        [
            (Channel::PaidSearch, Standing::ClickTooOld),
            (Channel::Affiliate, Standing::Eligible),
            (Channel::Display, Standing::ImpressionTooOld),
            (Channel::Email, Standing::Eligible),
        ]
    );
    assert_eq!(path.eligible().map(|step| step.days_before(NOW)).collect::<Vec<_>>(), [30, 0]);
}

#[test]
fn a_click_and_the_visit_that_it_led_to_are_one_touch() {
    let mut visit = touch(1, Contact::Visit, Channel::Affiliate, "");
    visit.at += 2_000;
    let mut next_day = touch(0, Contact::Visit, Channel::Affiliate, "");
    next_day.at -= 1;
    let click = touch(1, Contact::Click, Channel::Affiliate, "ada");
    let path = path(&result(Kind::Lead), &[visit, next_day, click]).unwrap();
    let told: Vec<_> = path.steps.iter().map(|step| (step.contact, step.partner.as_str())).collect();
    assert_eq!(told, [(Contact::Click, "ada"), (Contact::Visit, "")]);
}

#[test]
fn later_touches_and_other_kinds_have_no_part_in_it() {
    let after = touch(-1, Contact::Click, Channel::Email, "");
    assert_eq!(path(&result(Kind::Sale), std::slice::from_ref(&after)), None);
    let before = touch(1, Contact::Click, Channel::Email, "");
    assert_eq!(path(&result(Kind::View), std::slice::from_ref(&before)), None);
    assert_eq!(path(&result(Kind::Sale), &[before, after]).unwrap().steps.len(), 1);
}

#[test]
fn a_result_with_an_origin_of_its_own_ends_its_path_with_it() {
    let mut sent = result(Kind::Sale);
    sent.channel = Some(Channel::Email);
    let own = path(&sent, &[touch(3, Contact::Click, Channel::Display, "")]).unwrap();
    let told: Vec<_> = own.steps.iter().map(|step| (step.contact, step.channel)).collect();
    assert_eq!(told, [(Contact::Click, Channel::Display), (Contact::Result, Channel::Email)]);
    assert_eq!(path(&sent, &[]), None, "alone it says no more than the origin");
}

#[test]
fn a_path_past_the_bound_keeps_its_first_step_and_the_latest() {
    let touches: Vec<_> =
        (0..80).map(|days| touch(days, Contact::Click, Channel::Email, &format!("p{days}"))).collect();
    let path = path(&result(Kind::Sale), &touches).unwrap();
    assert_eq!((path.steps.len(), path.dropped), (MOST_STEPS, 30));
    assert_eq!((path.steps[0].partner.as_str(), path.steps[1].partner.as_str()), ("p79", "p48"));
}

#[test]
fn a_direct_visit_of_somebody_who_came_by_marketing_leaves_a_direct_touch() {
    let mut sent = result(Kind::View);
    let earlier = touch(1, Contact::Visit, Channel::Email, "");
    let derived = derive(&sent, None, Some(&earlier), &site());
    let left = touch_of(&sent, &derived).unwrap();
    assert_eq!((left.contact, left.origin.channel), (Contact::Visit, Channel::Direct));
    let derived = derive(&sent, None, None, &site());
    assert_eq!(touch_of(&sent, &derived), None, "a stranger's direct visit says nothing");
    sent.channel = Some(Channel::Display);
    sent.kind = Kind::Impression;
    let derived = derive(&sent, None, None, &site());
    assert_eq!(touch_of(&sent, &derived).unwrap().contact, Contact::Impression);
}
