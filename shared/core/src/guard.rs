//! The guards that keep every figure exact, by name, so that the tests can be shown to miss each of them.
//!
//! A build with the feature `leave-out` leaves out the one that `RECKON_LEAVE_OUT` names; every other build has them
//! all, and [`stands`] is a constant there.

macro_rules! guards {
    ($($(#[doc = $doc:literal])+ $guard:ident,)+) => {
        /// A rule of the code that no figure may do without.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Guard {
            $($(#[doc = $doc])+ $guard,)+
        }

        impl Guard {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$guard),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$guard => stringify!($guard)),+
                }
            }
        }
    };
}

guards! {
    /// An id without a time counts in the minute in which it was first seen.
    Claims,
    /// A server's claim supersedes a page's.
    ClaimRank,
    /// What was stored once is never written over.
    WriteOnce,
    /// The trust is a part of a batch's name.
    TrustInName,
    /// The lane follows from the id, so that the versions of an event meet.
    LaneOfId,
    /// Nothing is acknowledged before it is stored.
    StoredFirst,
    /// A batch of an hour that is over leaves a marker.
    LateMarker,
    /// The marker is written before the batch.
    MarkerFirst,
    /// Of each kind, an order number names one result.
    OneResultPerOrder,
    /// What goes back to a buyer is never more than was paid.
    RefundBound,
    /// A click id that was not handed out is no click.
    ClickSealed,
    /// A postback without a secret key is signed.
    PostbackSigned,
    /// Versions with one id are one event.
    Union,
    /// A content is as old as its first receipt.
    EarliestReceipt,
    /// An event that was withdrawn stays withdrawn.
    VoidAbsorbs,
    /// The sender's own number decides between versions.
    SenderVersion,
    /// A server goes before a page.
    TrustDecides,
    /// A decision holds whatever was said of the event since.
    DecisionStays,
    /// The first path that was kept of a result stays.
    JourneyStays,
    /// A recount goes on only with what it said itself.
    CursorMarked,
    /// No change of a site's settings takes back another one that it did not know.
    SiteUnchanged,
    /// Items are read strongly.
    StrongGet,
    /// Partitions are read strongly.
    StrongQuery,
    /// A recount that saw less does not overwrite one that saw more.
    MonotoneN,
    /// A recount of an earlier generation does not overwrite a later one.
    MonotoneGeneration,
    /// A recount of an earlier fold version does not overwrite a later one.
    MonotoneFold,
    /// A rollup of several items stands only where none of them is of a later recount.
    EveryItem,
    /// A minute that a rebuild overtook is recounted under the rebuild's stamp.
    CatchUpMinute,
    /// Minutes that a rebuild did not see are recounted when their hour is refused.
    CatchUp,
    /// Hours that a rebuild did not see are recounted when their day is refused.
    CatchUpDay,
    /// The total of an hour is read before its other views.
    TotalFirst,
    /// Aggregate reads the flag after it has written the minutes.
    FlagAfterMinutes,
    /// Aggregate folds hours that are being sealed, not just those that are.
    FlagNotSeal,
    /// Aggregate reads the flag again between hours and days.
    FlagAgain,
    /// Records that could not be counted are asked for again.
    FailedAgain,
    /// A run stops before its time is out.
    OutOfTime,
    /// Seal raises the flag before it folds.
    FlagFirst,
    /// What is sealed stays so.
    OnlyRise,
    /// Seal compares what is counted with what is stored.
    CompareCounts,
    /// And also within the next hour, where early events may lie.
    CompareAhead,
    /// Seal waits for requests that are still under way when an hour ends.
    Grace,
    /// A marker is swept only when its batches are there.
    SweepReady,
    /// A marker whose batch never came is dropped after an hour.
    GivenUp,
    /// Seal folds what came late once it has recounted it.
    FoldLate,
    /// Reports read no rollup above the minutes that is not sealed.
    TrustSealed,
    /// Reports promise nothing beyond the oldest late marker.
    OldestMarker,
    /// The oldest marker is read before what it tells of.
    MarkerBeforePieces,
    /// A rebuild raises the generation before it recounts.
    GenerationFirst,
    /// Reconcile reads rollups before the events that they are made of.
    CountedBeforeStored,
    /// Reconcile reads again what differs before it says so.
    ReadAgain,
    /// Reconcile reads the late markers before it reads again.
    MarkersBeforeAgain,
    /// The stream wakes aggregate for new batches alone.
    StreamFilter,
    /// Nothing is folded from parts that somebody is writing, or was cut off while doing so.
    WholeParts,
    /// A version is kept before it is overwritten.
    KeepFirst,
    /// Of a day nothing is overwritten but what was read.
    OverwriteRead,
    /// A fold's number is greater than every one that it has read.
    FoldsRise,
    /// A fold after which a view has the same rows begins no version of it.
    SameRowsStay,
    /// The total begins a version whenever any view does.
    TotalMoves,
    /// A past moment sees the folds whose total was written.
    TotalDecides,
    /// The total of a past moment is read before the view that it decides on.
    TotalBeforeView,
    /// A past moment sees the days that were sealed then.
    SealedThen,
    /// A seal is noted when it is there.
    NoteSealed,
    /// What a lost note left behind is noted with the next hour.
    NoteAgain,
    /// A key holds the site that it belongs to.
    SiteInKey,
    /// A key does what its role may.
    RoleHeld,
    /// A publish key serves the pages of its site alone.
    OriginHeld,
    /// A page may not say what only servers know.
    PageHeld,
    /// A key that has expired opens nothing.
    KeyExpiry,
    /// A revoked key is forgotten after a minute.
    KeyForgotten,
    /// Only the operator makes sites.
    OperatorHeld,
}

/// Whether a guard is there.
#[cfg(not(feature = "leave-out"))]
pub const fn stands(_: Guard) -> bool {
    true
}

/// Whether a guard is there, or the one that is left out.
#[cfg(feature = "leave-out")]
pub fn stands(guard: Guard) -> bool {
    static LEFT_OUT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let left_out = LEFT_OUT.get_or_init(|| std::env::var("RECKON_LEAVE_OUT").ok());
    left_out.as_deref() != Some(guard.name())
}
