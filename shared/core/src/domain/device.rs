//! Devices: what kind of machine a person holds or sits at, told from its user agent.
//!
//! Written here because the libraries that were looked at know no tablets, televisions or watches (`woothee`) or
//! carry a large data set of models that ages by the month. A report needs seven kinds, and these follow from a few
//! dozen words that browsers have used for many years.

use serde::{Deserialize, Serialize};

/// What kind of machine an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A computer with a keyboard. Tablets that ask for desktop pages, as iPads do, cannot be told from it.
    Desktop,
    /// A phone or a pocket player.
    Mobile,
    /// A tablet or an e-book reader.
    Tablet,
    /// A television, or a box or stick beside one.
    Tv,
    /// A games console, at home or in the hand.
    Console,
    /// A watch, or a headset that is worn.
    Wearable,
    /// Anything else, and what tells nothing of itself.
    Other,
}

impl Device {
    /// Every device, in the order of documents.
    pub const ALL: [Self; 7] =
        [Self::Desktop, Self::Mobile, Self::Tablet, Self::Tv, Self::Console, Self::Wearable, Self::Other];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Tv => "tv",
            Self::Console => "console",
            Self::Wearable => "wearable",
            Self::Other => "other",
        }
    }

    /// The device of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.as_str() == name)
    }

    /// The device that a user agent tells of. The first kind that fits wins, the rarest being asked first, since
    /// they all claim to be something more common as well.
    pub fn of(user_agent: &str) -> Self {
        let agent = Agent(user_agent.to_ascii_lowercase());
        [
            (Self::Console, Agent::is_console as fn(&Agent) -> bool),
            (Self::Tv, Agent::is_tv),
            (Self::Wearable, Agent::is_wearable),
            (Self::Tablet, Agent::is_tablet),
            (Self::Mobile, Agent::is_mobile),
            (Self::Desktop, Agent::is_desktop),
        ]
        .into_iter()
        .find_map(|(device, fits)| fits(&agent).then_some(device))
        .unwrap_or(Self::Other)
    }
}

/// A user agent in lower case.
struct Agent(String);

impl Agent {
    fn has(&self, marks: &[&str]) -> bool {
        marks.iter().any(|mark| self.0.contains(mark))
    }

    /// Whether the word stands by itself: `tv` in `Mi TV` and `TV;`, not in `TVShows` or `DTV123`.
    fn has_word(&self, word: &str) -> bool {
        let joins = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        self.0.match_indices(word).any(|(at, _)| {
            let before = self.0.get(..at).and_then(|text| text.chars().next_back());
            let after = self.0.get(at + word.len()..).and_then(|text| text.chars().next());
            !joins(before) && !joins(after)
        })
    }

    fn is_console(&self) -> bool {
        self.has(&["playstation", "xbox", "nintendo"])
    }

    fn is_tv(&self) -> bool {
        // `aft...` are the models of Amazon's sticks, `bravia` and `viera` those of Sony and Panasonic.
        self.has(&[
            "smarttv",
            "smart-tv",
            "googletv",
            "appletv",
            "hbbtv",
            "netcast",
            "web0s",
            "webos.tv",
            "crkey",
            "roku",
            "bravia",
            "viera",
            "tvos",
            "mibox",
            "; aft",
            "philipstv",
            "opera tv",
            "chromecast",
        ]) || self.has_word("tv")
    }

    fn is_wearable(&self) -> bool {
        // `sm-r...` are Samsung's watches; Quest and Vision are headsets.
        self.has(&["watchos", "wear os", "sm-r", "galaxy watch", "oculusbrowser", "visionos"])
            || self.has_word("watch")
    }

    fn is_tablet(&self) -> bool {
        // Windows speaks of `Tablet PC` on every computer that has the pen software.
        let tablet = self.0.replace("tablet pc", "").contains("tablet");
        // A browser on an Android phone says `Mobile`, on a tablet it does not; an app says it on neither.
        let android = self.has(&["android"]) && !self.has(&["mobile"]) && self.0.starts_with("mozilla/");
        tablet || android || self.has(&["ipad", "playbook", "kindle", "mediapad", "touchpad", "sm-t", "sm-x"])
    }

    fn is_mobile(&self) -> bool {
        let app = self.has(&["darwin/"]) && !self.has(&["x86_64", "i386", "arm64"]);
        app || self.has(&[
            "iphone",
            "ipod",
            "android",
            "mobi",
            "windows phone",
            "windows ce",
            "blackberry",
            "bb10",
            "kaios",
            "opera mini",
            "midp",
            "nokia",
            "symb",
            "series60",
            "ucweb",
            "webos/",
            "j2me",
            "bada",
            "maui",
            "up.browser",
            "ios/",
            "ios ",
        ])
    }

    fn is_desktop(&self) -> bool {
        self.has(&[
            "windows",
            "win98",
            "macintosh",
            "mac os",
            "mac_",
            "darwin/",
            "x11",
            "linux",
            "cros ",
            "bsd",
            "sunos",
            "haiku",
            "os/2",
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// User agents as their makers' browsers sent them, by device.
    const AGENTS: &[(Device, &str)] = &[(
        Device::Mobile,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3.1 Mobile/15E148 Safari/604.1",
    )];
}
