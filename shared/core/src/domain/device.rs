//! Devices: what kind of machine a person holds or sits at, told from its user agent.
//!
//! Written here because the small library for it, `woothee`, knows no tablets, televisions or watches, while
//! others carry a large data set of models that ages by the month. A report needs seven kinds, and these follow
//! from a few dozen words that browsers have used for many years.

use serde::{Deserialize, Serialize};

/// What kind of machine an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
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

    /// The device that a user agent tells of. The first kind that fits wins, the rarest being asked first,
    /// since they all claim to be something more common as well.
    pub fn of(user_agent: &str) -> Self {
        let agent = Agent(user_agent.to_ascii_lowercase());
        let kinds: [(Self, Question); 6] = [
            (Self::Console, Agent::is_console),
            (Self::Tv, Agent::is_tv),
            (Self::Wearable, Agent::is_wearable),
            (Self::Tablet, Agent::is_tablet),
            (Self::Mobile, Agent::is_mobile),
            (Self::Desktop, Agent::is_desktop),
        ];
        kinds.into_iter().find_map(|(device, fits)| fits(&agent).then_some(device)).unwrap_or(Self::Other)
    }
}

/// Whether an agent is of one kind.
type Question = fn(&Agent) -> bool;

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
        // `sm-r...` are Samsung's watches. A headset that a phone is put into is that phone.
        let headset = self.has(&["oculusbrowser"]) && self.has_word("quest");
        headset
            || self.has(&["watchos", "wear os", "sm-r", "galaxy watch", "visionos"])
            || self.has_word("watch")
    }

    fn is_tablet(&self) -> bool {
        // Windows speaks of `Tablet PC` on every computer that has the pen software.
        let tablet = self.0.replace("tablet pc", "").contains("tablet");
        // A browser on an Android phone says `Mobile`, on a tablet it does not; an app says it on neither.
        let android = self.has(&["android"]) && !self.has(&["mobile"]) && self.0.starts_with("mozilla/");
        tablet
            || android
            || self.has(&["ipad", "playbook", "kindle", "silk/", "mediapad", "touchpad", "sm-t", "sm-x"])
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

    /// Devices and user agents of theirs, one a line.
    const AGENTS: &str = "\
desktop|Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36 Edg/134.0.0.0
desktop|Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:136.0) Gecko/20100101 Firefox/136.0
desktop|Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; Tablet PC 2.0; ms-office)
desktop|Mozilla/5.0 (Windows NT 6.3; Trident/7.0; Touch; rv:11.0) like Gecko
desktop|Mozilla/5.0 (Windows; U; Windows NT 10.0; en-US; Valve Steam GameOverlay/1509425745; ) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.90 Safari/537.36
desktop|Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15
desktop|Mozilla/5.0 (X11; CrOS x86_64 10230.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/65.0.3299.0 Safari/537.36
desktop|Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0.2704.84 Safari/537.36 OPR/38.0.2220.31
desktop|Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0
desktop|Mozilla/5.0 (X11; U; OpenBSD i386; en-US; rv:1.8.1.3) Gecko/20070505 Firefox/2.0.0.3
desktop|com.apple.WebKit.Networking/9601.7.8 CFNetwork/673.6 Darwin/13.4.0 (x86_64) (MacBookPro11%2C1)
mobile|Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3.1 Mobile/15E148 Safari/604.1
mobile|Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0.0.29.104]
mobile|Mozilla/5.0 (iPod; CPU iPhone OS 9_3_5 like Mac OS X) AppleWebKit/601.1 (KHTML, like Gecko) CriOS/63.0.3239.73 Mobile/13G36 Safari/601.1.46
mobile|Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36
mobile|Mozilla/5.0 (Android 14; Mobile; rv:136.0) Gecko/136.0 Firefox/136.0
mobile|Mozilla/5.0 (Linux; Android 5.1.1; PSP5506DUO Build/LMY48B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/65.0.3325.109 Mobile Safari/537.36
mobile|Mozilla/5.0 (Linux; Android 7.0; SM-G935F Build/NRD90M) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/4.4.0.101719677 SamsungBrowser/4.0 Chrome/61.0.3163.141 Mobile VR Safari/537.36
mobile|Dalvik/2.1.0 (Linux; U; Android 5.1; XT1092 Build/LPE23.32-25.3)
mobile|Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520; ANZ915) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537
mobile|Mozilla/5.0 (BlackBerry; U; BlackBerry 9360; en-GB) AppleWebKit/534.11+ (KHTML, like Gecko) Version/7.0.0.400 Mobile Safari/534.11+
mobile|Mozilla/5.0 (Mobile; LYF/F30C/LYF_F30C-000-09-10-140318; Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.0
mobile|Opera/9.80 (J2ME/MIDP; Opera Mini/4.3.25985/34.1000; U; en) Presto/2.8.119 Version/11.10
mobile|Opera/9.80 (Android; Opera Mini/7.6.35766/35.5858; U; en) Presto/2.8.119 Version/11.10
mobile|Nokia6280/2.0 (03.60) Profile/MIDP-2.0 Configuration/CLDC-1.1
mobile|UCWEB/2.0 (Symbian; U; S60 V3; en-US; NokiaE66) U2/1.0.0 UCBrowser/9.1.0.319 U2/1.0.0 Mobile
mobile|Mozilla/5.0 (Linux; webOS/2.2.4; U; en-GB) AppleWebKit/534.6 (KHTML, like Gecko) webOSBrowser/221.56 Safari/534.6 Pre/3.0
mobile|Twitter/6.57 CFNetwork/758.4.3 Darwin/15.5.0
tablet|Mozilla/5.0 (iPad; CPU OS 11_3 like Mac OS X) AppleWebKit/604.1.34 (KHTML, like Gecko) GSA/42.0.183854831 Mobile/15E216 Safari/604.1
tablet|Mozilla/5.0 (Linux; Android 5.1.1; SM-T280 Build/LMY47V) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.83 Safari/537.36
tablet|Mozilla/5.0 (Linux; U; Android 4.4.4; en-US; SM-T116NY Build/KTU84P) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 UCBrowser/10.9.0.731 U3/0.8.0 Mobile Safari/534.30
tablet|Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36
tablet|Mozilla/5.0 (Android 13; Tablet; rv:136.0) Gecko/136.0 Firefox/136.0
tablet|Mozilla/5.0 (Linux; Android 7.0; SHIELD Tablet Build/NRD90M) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.83 Safari/537.36
tablet|Mozilla/5.0 (Linux; U; en-gb; KFOT Build/IML74K) AppleWebKit/535.19 (KHTML, like Gecko) Silk/3.7 Safari/535.19 Silk-Accelerated=false
tablet|Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+
tablet|Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ (KHTML, like Gecko) Version/7.2.1.0 Safari/536.2+
tv|Mozilla/5.0 (SMART-TV; Linux; Tizen 3.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.0 Chrome/47.0.2526.69 TV safari/537.36
tv|Mozilla/5.0 (Linux; NetCast; U) AppleWebKit/537.31 (KHTML, like Gecko) Chrome/38.0.2125.122 Safari/537.31 SmartTV/7.5
tv|Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36 WebAppManager
tv|Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7242) AppleWebKit/537.36 (KHTML, like Gecko) Silk/98.2.1 like Chrome/98.0.4758.101 Safari/537.36
tv|Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.225 Safari/537.36 CrKey/1.56.500000
tv|Mozilla/5.0 (Linux; Android 11; BRAVIA 4K VH2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0.5060.71 Safari/537.36
tv|Roku/DVP-12.0 (12.0.0.4182-88)
console|Mozilla/5.0 (PlayStation 4 4.71) AppleWebKit/601.2 (KHTML, like Gecko)
console|Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36 Edge/16.16299
console|Mozilla/5.0 (Nintendo WiiU) AppleWebKit/536.30 (KHTML, like Gecko) NX/3.0.4.2.12 NintendoBrowser/4.3.1.11264.EU
console|Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/601.6 (KHTML, like Gecko) NF/4.0.0.5.10 NintendoBrowser/5.1.0.13343
wearable|Mozilla/5.0 (Linux; Tizen 2.3.1; SAMSUNG SM-R720) AppleWebKit/537.3 (KHTML, like Gecko) Version/2.3.1 Mobile Safari/537.3
wearable|MyApp/3.1 (Apple Watch; watchOS 10.4)
wearable|Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/33.0 Chrome/124.0.6367.118 VR Safari/537.36
other|Mozilla/5.0
other|curl/8.5.0
other|";

    #[test]
    fn devices_are_told_from_their_user_agents() {
        assert!(AGENTS.lines().count() >= 40);
        for (device, agent) in AGENTS.lines().filter_map(|line| line.split_once('|')) {
            assert_eq!(Device::of(agent).as_str(), device, "{agent}");
        }
        for device in Device::ALL {
            assert!(AGENTS.contains(&format!("{}|", device.as_str())), "{} has no example", device.as_str());
        }
    }

    #[test]
    fn a_word_within_a_word_is_no_mark() {
        let agent = |part: &str| format!("Mozilla/5.0 (Windows NT 10.0; {part}) Gecko/20100101");
        for (part, device) in
            [("TVShows 2", Device::Desktop), ("Mi TV", Device::Tv), ("NightWatcher", Device::Desktop)]
        {
            assert_eq!(Device::of(&agent(part)), device, "{part}");
        }
        assert_eq!(Device::of(&"\u{130}tv ä".repeat(100_000)), Device::Other);
    }

    #[test]
    fn names_are_read_back_and_are_the_wire_names() {
        for device in Device::ALL {
            assert_eq!(Device::parse(device.as_str()), Some(device));
            assert_eq!(serde_json::to_value(device).unwrap(), device.as_str());
        }
        assert_eq!(Device::parse("Phone"), None);
    }
}
