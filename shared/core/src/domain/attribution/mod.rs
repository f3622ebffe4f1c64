//! Who gets the credit for a result: the paths of touches before it, and the models that divide it among them.
//!
//! A *touch* is a contact of a visitor with a marketing origin. A *step* is a touch as a report groups it, by
//! channel, campaign or partner; its *place* is that group. A *path* is the steps before a *result*, oldest
//! first. Results and revenue are divided in whole micros, and nothing is lost or made on the way: over all
//! places, the credits of a model add up to the results and to the revenue of its paths, exactly.

mod chain;
mod credit;
mod markov;
mod model;
mod path;
mod rules;
mod shapley;
mod split;

pub use chain::{MOST_PLACES, TooMany};
pub use credit::{Credit, Credits, MICROS, credit, divide, shares};
pub use model::Model;
pub use path::{Path, Step};
