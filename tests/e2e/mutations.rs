//! What becomes of the tests when a guard is left out: those that are there for it fail.
//!
//! `cargo test -p e2e --features leave-out mutations` runs this binary again for each guard, with that guard left out.

use std::process::{Command, Output, Stdio};

use reckon_core::guard::Guard;

/// The tests that miss a guard; each of them has to fail without it.
fn tests_of(guard: Guard) -> &'static [&'static str] {
    match guard {
        Guard::Claims => &["union::a_retry_of_an_event_without_a_time_lands_in_the_minute_first_seen"],
        Guard::ClaimRank => &["union::the_claim_of_a_page_gives_way_to_that_of_a_server"],
        Guard::WriteOnce => &["union::the_same_post_again_stores_nothing_and_keeps_the_first_receipt"],
        Guard::TrustInName => &["order::what_a_page_and_a_server_say_alike_is_kept_of_both"],
        Guard::LaneOfId => &["order::the_versions_of_an_event_meet_in_one_lane"],
        Guard::StoredFirst => &["order::nothing_is_acknowledged_that_could_not_be_stored"],
        Guard::LateMarker => &["sealing::a_late_event_is_found_by_its_marker_when_its_trigger_is_lost"],
        Guard::MarkerFirst | Guard::SweepReady | Guard::GivenUp => {
            &["sealing::a_marker_is_written_before_its_batch_and_swept_only_when_that_is_there"]
        }
        Guard::Union => &["union::an_event_is_counted_once_in_whatever_company_it_comes"],
        Guard::EarliestReceipt | Guard::VoidAbsorbs | Guard::SenderVersion => {
            &["union::sending_an_event_again_amends_it_and_an_old_retry_does_not_undo_that"]
        }
        Guard::TrustDecides => &["union::a_page_cannot_amend_what_a_server_said"],
        Guard::CursorMarked => &["reconcile::a_recount_goes_on_only_with_what_it_said_itself"],
        Guard::SiteUnchanged => &["manage::no_change_of_a_site_takes_back_another"],
        Guard::StrongGet | Guard::StrongQuery => &["guards::whatever_is_recounted_from_is_read_strongly"],
        Guard::OneResultPerOrder => &[
            "orders::page_server_and_partner_report_one_sale_and_it_counts_once",
            "orders::two_posts_at_once_of_one_order_are_one_sale",
        ],
        Guard::RefundBound => &[
            "orders::refunds_go_back_where_the_sale_was_credited_and_never_exceed_it",
            "orders::many_refunds_at_once_never_exceed_the_sale",
        ],
        Guard::ClickSealed => {
            &["links::a_click_that_nobody_handed_out_is_refused_from_a_server_and_ignored_from_a_page"]
        }
        Guard::PostbackSigned => &["postbacks::an_unsigned_changed_or_stale_postback_is_refused"],
        Guard::DecisionStays => &["orders::a_result_is_decided_and_amending_it_decides_nothing"],
        Guard::JourneyStays => &[
            "journeys::a_path_is_kept_when_the_result_is_accepted_and_later_touches_do_not_change_it",
            "orders::page_server_and_partner_report_one_sale_and_it_counts_once",
        ],
        Guard::MonotoneN | Guard::MonotoneGeneration | Guard::MonotoneFold => {
            &["guards::a_recount_that_saw_less_never_overwrites_one_that_saw_more"]
        }
        Guard::EveryItem => &[
            "order::a_minute_that_a_rebuild_left_half_written_is_recounted_whole",
            "order::an_hour_and_a_day_that_a_rebuild_left_half_written_are_folded_whole",
        ],
        Guard::CatchUpMinute => &["order::a_minute_that_a_rebuild_left_half_written_is_recounted_whole"],
        Guard::CatchUp => {
            &["guards::an_hour_is_stamped_as_low_as_its_lowest_minute_and_catches_up_when_refused"]
        }
        Guard::CatchUpDay => {
            &["order::a_day_that_a_rebuild_overtook_catches_up_with_hours_that_it_never_saw"]
        }
        Guard::TotalFirst => &["order::the_total_of_an_hour_is_read_before_its_other_views"],
        Guard::FlagAfterMinutes => {
            &["order::aggregate_reads_the_flag_after_the_minutes_and_again_after_the_hours"]
        }
        Guard::FlagNotSeal => {
            &["sealing::an_event_that_is_stored_while_its_hour_is_being_closed_is_folded_by_aggregate"]
        }
        Guard::FlagAgain => &[
            "order::aggregate_reads_the_flag_after_the_minutes_and_again_after_the_hours",
            "sealing::a_day_that_is_closed_while_its_hour_is_folded_is_folded_again",
        ],
        Guard::FailedAgain => &["order::records_that_could_not_be_counted_are_asked_for_again"],
        Guard::OutOfTime => &["sealing::records_that_time_does_not_suffice_for_are_asked_for_again"],
        Guard::FlagFirst => {
            &["sealing::an_event_that_is_stored_while_its_hour_is_being_closed_is_folded_by_aggregate"]
        }
        Guard::OnlyRise => &["sealing::the_flag_and_the_seal_only_rise"],
        Guard::CompareCounts => &["sealing::a_lost_trigger_is_found_when_the_hour_is_closed"],
        Guard::CompareAhead => {
            &["order::an_event_ahead_of_its_time_whose_trigger_is_lost_is_there_when_its_hour_is_promised"]
        }
        Guard::Grace => &["order::an_hour_is_closed_no_earlier_than_a_slow_request_may_end"],
        Guard::FoldLate => &["sealing::a_late_event_is_found_by_its_marker_when_its_trigger_is_lost"],
        Guard::TrustSealed => &["sealing::an_hour_that_is_folded_but_not_sealed_is_not_read"],
        Guard::OldestMarker | Guard::MarkerBeforePieces => {
            &["order::the_oldest_marker_is_read_before_what_it_tells_of_and_bounds_the_promise"]
        }
        Guard::GenerationFirst => {
            &["manage::a_rebuild_overwrites_whatever_stands_and_empties_what_has_no_events"]
        }
        Guard::CountedBeforeStored => {
            &["reconcile::an_event_that_comes_between_two_reads_is_never_a_difference"]
        }
        Guard::ReadAgain => &["reconcile::what_differs_is_read_again_before_it_is_told"],
        Guard::MarkersBeforeAgain => {
            &["reconcile::an_event_that_is_settled_while_it_is_looked_at_is_no_difference"]
        }
        Guard::StreamFilter => &["order::only_new_batches_wake_aggregate"],
        Guard::WholeParts => &["restatements::a_day_is_folded_from_hours_that_are_whole"],
        Guard::KeepFirst => &["restatements::what_cannot_be_kept_is_not_overwritten"],
        Guard::OverwriteRead => {
            &["restatements::of_two_who_fold_a_day_at_once_neither_overwrites_what_it_has_not_read"]
        }
        Guard::FoldsRise => &["restatements::a_writer_whose_clock_is_behind_comes_after_what_it_overwrites"],
        Guard::SameRowsStay => {
            &["restatements::a_fold_that_finds_nothing_else_leaves_no_version_and_writes_nothing_twice"]
        }
        Guard::TotalMoves => {
            &["restatements::every_change_of_a_sealed_day_is_listed_and_each_state_before_can_be_asked_for"]
        }
        Guard::TotalDecides => &[
            "restatements::a_fold_that_is_cut_off_before_its_total_is_not_seen_and_the_next_one_completes_it",
        ],
        Guard::TotalBeforeView => {
            &["restatements::the_total_of_a_past_time_is_read_before_what_it_decides_on"]
        }
        Guard::SealedThen => {
            &["restatements::an_answer_as_of_a_time_has_the_days_that_were_sealed_then_and_says_which"]
        }
        Guard::NoteSealed | Guard::NoteAgain => {
            &["restatements::a_seal_is_noted_once_it_is_there_and_a_note_that_was_lost_with_the_next_hour"]
        }
        Guard::SiteInKey => &["order::two_sites_with_the_same_events_count_their_own"],
        Guard::RoleHeld => &["access_table::every_key_may_do_what_the_table_says_and_nothing_else"],
        Guard::OriginHeld => &["events::a_page_is_held_to_its_origins_and_preflights_pass"],
        Guard::PageHeld => &["order::a_page_may_not_say_what_only_servers_know"],
        Guard::KeyExpiry => &["access::keys_expire_and_are_revoked"],
        Guard::KeyForgotten => &["access::a_key_is_remembered_for_a_minute_by_another_process"],
        Guard::OperatorHeld => &["access_table::every_key_may_do_what_the_table_says_and_nothing_else"],
    }
}

/// Runs tests of this binary, without a guard or with all.
fn run(left_out: Option<Guard>, tests: &[&str]) -> Output {
    let binary = std::env::current_exe().unwrap();
    let mut command = Command::new(binary);
    command.args(tests).args(["--exact", "--color=never"]).stdin(Stdio::null());
    match left_out {
        Some(guard) => command.env("RECKON_LEAVE_OUT", guard.name()),
        None => command.env_remove("RECKON_LEAVE_OUT"),
    };
    command.output().unwrap()
}

#[test]
fn every_guard_is_missed_when_it_is_left_out() {
    let mut all: Vec<&str> = Guard::ALL.iter().flat_map(|guard| tests_of(*guard)).copied().collect();
    all.sort_unstable();
    all.dedup();
    let with_all = run(None, &all);
    let said = String::from_utf8_lossy(&with_all.stdout);
    assert!(with_all.status.success(), "with every guard in its place: {said}");
    assert!(said.contains(&format!("{} passed", all.len())), "a test is not there: {said}");
    let mut unnoticed = Vec::new();
    for guard in Guard::ALL {
        let without = run(Some(*guard), tests_of(*guard));
        let said = String::from_utf8_lossy(&without.stdout);
        for test in tests_of(*guard) {
            if !said.contains(&format!("test {test} ... FAILED")) {
                unnoticed.push(format!("{}: {test}", guard.name()));
            }
        }
    }
    assert!(unnoticed.is_empty(), "these pass without the guard:\n{}", unnoticed.join("\n"));
    println!("{} of {} guards are missed", Guard::ALL.len(), Guard::ALL.len());
}
