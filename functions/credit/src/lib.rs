//! Says what earned the results, and who brought them: conversions, attribution, cohorts, lifetime values.

mod attribution;
mod clv;
mod cohorts;
#[cfg(feature = "contract")]
mod contract;
mod conversions;
mod customers;
mod explain;

use reckon_core::render::encoded;

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract, through encoded;
    "/v1/reports/attribution": get attribution::attribution;
    "/v1/reports/cohorts": get cohorts::cohorts;
    "/v1/reports/clv": get clv::clv;
    "/v1/conversions": get conversions::list;
    "/v1/conversions/{id}/explain": get explain::explain;
}
