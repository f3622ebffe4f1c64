//! A function's routes, each written once: the router that is served, and for the contract its description.

/// Makes two functions of one list of routes: the router, and with the feature `contract` the OpenAPI document of the
/// same handlers. Each handler then needs `#[utoipa::path]`, whose methods and path a test holds to the router.
///
/// ```text
/// routes! {
///     /// This function's routes.
///     pub fn routes, contract;
///     "/v1/goals": get goals::list, post goals::create;
///     "/v1/postback": get | post postback::postback;
/// }
/// ```
#[macro_export]
macro_rules! routes {
    (
        $(#[$meta:meta])* $visibility:vis fn $routes:ident, $contract:ident;
        $($path:literal: $($($method:ident)|+ $handler:path),+;)+
    ) => {
        $(#[$meta])*
        $visibility fn $routes() -> ::axum::Router<$crate::http::App> {
            ::axum::Router::new()
                $(.route($path, ::axum::routing::MethodRouter::new()$($(.$method($handler))+)+))+
        }

        /// The same routes, described.
        #[cfg(feature = "contract")]
        $visibility fn $contract() -> ::utoipa::openapi::OpenApi {
            let router = ::utoipa_axum::router::OpenApiRouter::<$crate::http::App>::new();
            router$(.routes(::utoipa_axum::routes!($($handler),+)))+.into_openapi()
        }
    };
}
