//! Clicks on tracking links that events bring back: the touch that each was, found without a search.

use reckon_core::domain::click::Click;
use reckon_core::domain::event::Trust;
use reckon_core::domain::link::Slug;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Fault, Problem};

use crate::accept::Numbered;
use crate::event::Read;

/// Finds the click of each event that brings one; a server that brings one that is not ours is told so.
///
/// A page brings whatever stands in its address, which any visitor may have changed: there a click that is not ours is
/// no click, and the event counts without it.
pub(crate) async fn find(
    app: &App,
    site: &Site,
    trust: Trust,
    reads: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<(), Problem> {
    let mut kept = Vec::with_capacity(reads.len());
    for (index, mut read) in reads.drain(..) {
        let Some(text) = read.brought.take() else {
            kept.push((index, read));
            continue;
        };
        let found = match clicked(&text, site) {
            Some(click) => app.link(&click.slug).await?.map(|(link, _)| (click, link)),
            None => None,
        };
        match found {
            Some((click, link)) => {
                read.sent.visitor = read.sent.visitor.or(Some(click.visitor));
                read.click = Some(click.touch(&link, site));
                kept.push((index, read));
            }
            None if trust == Trust::Public => kept.push((index, read)),
            None => {
                let detail = "this is not the id of a click on a tracking link of this site";
                faults.push((index, Fault::new(format!("{}/click", read.pointer), "unknown_click", detail)));
            }
        }
    }
    *reads = kept;
    Ok(())
}

/// The click of a text that was handed out by a link of the site.
fn clicked(text: &str, site: &Site) -> Option<Click> {
    if stands(Guard::ClickSealed) {
        return Click::parse(text, site);
    }
    let slug: Slug = Click::slug_of(text)?;
    Some(Click { slug, at: 0, visitor: site.person("visitor", text) })
}
