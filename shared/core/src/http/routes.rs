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
///
/// `routes<S>` makes a router that asks nothing of what it runs in.
#[macro_export]
macro_rules! routes {
    (
        $(#[$meta:meta])* $visibility:vis fn $routes:ident, $contract:ident $(, through $layer:path)?;
        $($path:literal: $($($method:ident)|+ $handler:path),+;)+
    ) => {
        $(#[$meta])*
        $visibility fn $routes() -> ::axum::Router<$crate::http::App> {
            let router = ::axum::Router::new()
                $(.route($path, ::axum::routing::MethodRouter::new()$($(.$method($handler))+)+))+;
            $(let router = $layer(router);)?
            router
        }

        $crate::routes! { @described $visibility $contract $crate::http::App, $([$($handler)+])+ }
    };
    (
        $(#[$meta:meta])* $visibility:vis fn $routes:ident<S>, $contract:ident;
        $($path:literal: $($($method:ident)|+ $handler:path),+;)+
    ) => {
        $(#[$meta])*
        $visibility fn $routes<S: Clone + Send + Sync + 'static>() -> ::axum::Router<S> {
            ::axum::Router::new()
                $(.route($path, ::axum::routing::MethodRouter::new()$($(.$method($handler))+)+))+
        }

        $crate::routes! { @described $visibility $contract (), $([$($handler)+])+ }
    };
    (@described $visibility:vis $contract:ident $state:ty, $([$($handler:path)+])+) => {
        /// The same routes, described.
        #[cfg(feature = "contract")]
        $visibility fn $contract() -> ::utoipa::openapi::OpenApi {
            let router = ::utoipa_axum::router::OpenApiRouter::<$state>::new();
            router$(.routes(::utoipa_axum::routes!($($handler),+)))+.into_openapi()
        }
    };
}
