//! The pure half of Reckon: everything that can be computed from values alone.

pub mod attribution;
pub mod calendar;
pub mod channel;
pub mod click;
pub mod cohorts;
pub mod counts;
pub mod customers;
pub mod decimal;
pub mod device;
pub mod dimension;
pub mod event;
pub mod fingerprint;
pub mod goal;
pub mod journey;
pub mod kpi;
pub mod lifetime;
pub mod link;
pub mod names;
pub mod origin;
pub mod pairing;
pub mod report;
pub mod result;
pub mod robots;
pub mod rollup;
pub mod site;
