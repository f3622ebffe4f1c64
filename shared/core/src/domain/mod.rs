//! The pure half of Reckon: everything that can be computed from values alone.

pub mod calendar;
pub mod channel;
pub mod counts;
pub mod decimal;
pub mod device;
pub mod dimension;
pub mod event;
pub mod goal;
pub mod kpi;
pub mod names;
pub mod origin;
pub mod report;
pub mod robots;
pub mod rollup;
pub mod site;
