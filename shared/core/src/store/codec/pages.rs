//! Addresses as host and path: a site's pages share the one, and its hosts often share the other.

use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use super::values::text;

/// Writes two columns: the path of each address, and the host of each, unless it is that of the one before.
pub(super) fn write(sheet: &mut Writer, addresses: &[Option<&str>]) {
    let parts = || addresses.iter().map(|address| address.map(split));
    sheet.names(parts().map(|parts| parts.map(|(_, path)| path)));
    let mut before = "";
    let hosts: Vec<_> = parts()
        .flatten()
        .map(|(host, _)| {
            let new = (host != before).then_some(host);
            before = host;
            new
        })
        .collect();
    sheet.names(hosts.into_iter());
}

/// Reads as many addresses.
pub(super) fn read(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<Option<String>>, Undecodable> {
    let mut paths = sheet.names(rows, text)?;
    let mut hosts = sheet.names(paths.iter().flatten().count(), text)?.into_iter();
    let mut host = String::new();
    for path in paths.iter_mut().flatten() {
        host = hosts.next().flatten().unwrap_or(host);
        sheet.spend(host.len())?;
        path.insert_str(0, &host);
    }
    Ok(paths)
}

/// The host, and all behind it.
fn split(address: &str) -> (&str, &str) {
    address.split_at(address.find('/').unwrap_or(address.len()))
}
