//! The advertising platforms: how their exports name things, and what their campaigns are here.

use reckon_core::domain::channel::Channel;

/// A platform whose exports are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Google Ads.
    Google,
    /// Meta Ads: Facebook and Instagram.
    Meta,
    /// `LinkedIn` Campaign Manager.
    LinkedIn,
    /// Microsoft Advertising.
    Microsoft,
}

/// What a column of an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// The day, or the first of several.
    Day,
    /// The last of several days.
    End,
    Campaign,
    Spend,
    Impressions,
    Clicks,
    Currency,
    /// What kind of campaign it is.
    Type,
}

impl Column {
    /// Every column, with its name in `--map`.
    pub(super) const ALL: [(Self, &'static str); 8] = [
        (Self::Day, "day"),
        (Self::End, "end"),
        (Self::Campaign, "campaign"),
        (Self::Spend, "spend"),
        (Self::Impressions, "impressions"),
        (Self::Clicks, "clicks"),
        (Self::Currency, "currency"),
        (Self::Type, "type"),
    ];
}

/// Columns, in small letters and without a currency, that exports have and tables that people make have not.
pub(super) const EXPORTED: [&str; 27] = [
    "impr.",
    "ctr",
    "avg. cpc",
    "interactions",
    "conv. value",
    "currency code",
    "currencycode",
    "währungscode",
    "account currency",
    "account name",
    "account id",
    "campaign id",
    "campaign state",
    "campaign status",
    "campaign type",
    "campaigntype",
    "kampagnentyp",
    "ad group",
    "ad group name",
    "ad set name",
    "ad name",
    "reporting starts",
    "reporting ends",
    "start date (in utc)",
    "date (in utc)",
    "gregorian date",
    "timeperiod",
];

/// The names of a column, in small letters, the best first.
type Names = &'static [&'static str];

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 4] = [Self::Google, Self::Meta, Self::LinkedIn, Self::Microsoft];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "Google Ads",
            Self::Meta => "Meta Ads",
            Self::LinkedIn => "LinkedIn Ads",
            Self::Microsoft => "Microsoft Advertising",
        }
    }

    /// Its `--format`.
    pub const fn format(self) -> &'static str {
        match self {
            Self::Google => "google-ads",
            Self::Meta => "meta-ads",
            Self::LinkedIn => "linkedin-ads",
            Self::Microsoft => "microsoft-ads",
        }
    }

    /// The source and medium of its ads, as links with its own or GA4's tags have them.
    pub const fn source_and_medium(self) -> (&'static str, &'static str) {
        match self {
            Self::Google => ("google", "cpc"),
            Self::Meta => ("facebook", "paid_social"),
            Self::LinkedIn => ("linkedin", "paid_social"),
            Self::Microsoft => ("bing", "cpc"),
        }
    }

    /// How its exports name a column, English first.
    pub(super) const fn names(self, column: Column) -> Names {
        match (self, column) {
            (Self::Google, Column::Day) => &["day", "date", "tag", "jour", "día", "dia", "giorno", "dag"],
            (Self::Google, Column::Campaign) => {
                &["campaign", "campaign name", "kampagne", "campagne", "campaña", "campanha", "campagna"]
            }
            (Self::Google, Column::Spend) => &["cost", "kosten", "coût", "coste", "costo", "custo"],
            (Self::Google, Column::Impressions) => &["impr.", "impressions", "impressionen", "impresiones"],
            (Self::Google, Column::Clicks) => &["clicks", "klicks", "clics", "cliques", "clic"],
            (Self::Google, Column::Currency) => &["currency code", "currency", "währungscode"],
            (Self::Google, Column::Type) => &["campaign type", "kampagnentyp"],
            (Self::Meta, Column::Day) => &["day", "date", "reporting starts", "tag"],
            (Self::Meta, Column::End) => &["reporting ends"],
            (Self::Meta, Column::Campaign) => &["campaign name", "campaign", "name der kampagne"],
            (Self::Meta, Column::Spend) => &["amount spent", "ausgegebener betrag"],
            (Self::Meta | Self::Microsoft, Column::Impressions) => &["impressions", "impr.", "impressionen"],
            // What a site sees of a click is that on its link.
            (Self::Meta, Column::Clicks) => &["link clicks", "clicks (all)", "clicks"],
            (Self::Meta | Self::LinkedIn, Column::Currency) => &["currency", "account currency"],
            (Self::LinkedIn, Column::Day) => {
                &["start date (in utc)", "start date", "date (in utc)", "date", "day"]
            }
            (Self::LinkedIn, Column::End) => &["end date (in utc)", "end date"],
            (Self::LinkedIn, Column::Campaign) => &["campaign name", "campaign"],
            (Self::LinkedIn, Column::Spend) => &["total spent", "spent", "total spend"],
            (Self::LinkedIn, Column::Impressions) => &["impressions"],
            (Self::LinkedIn | Self::Microsoft, Column::Clicks) => &["clicks", "klicks"],
            (Self::Microsoft, Column::Day) => &["gregorian date", "day", "date", "time period", "timeperiod"],
            (Self::Microsoft, Column::Campaign) => &["campaign name", "campaign", "campaignname"],
            (Self::Microsoft, Column::Spend) => &["spend", "ausgaben"],
            (Self::Microsoft, Column::Currency) => &["currency code", "currency", "currencycode"],
            (Self::Microsoft, Column::Type) => &["campaign type", "campaigntype"],
            (Self::Google | Self::Microsoft, Column::End) | (Self::Meta | Self::LinkedIn, Column::Type) => {
                &[]
            }
        }
    }

    /// Whether a column of spend is called as this platform alone calls it: `Amount spent (EUR)`.
    pub(super) fn names_it(self, spend: &str) -> bool {
        let spend = spend.to_lowercase();
        let own = match self {
            Self::Meta => ["amount spent", "ausgegebener betrag"],
            Self::LinkedIn => ["total spent", "total spend"],
            Self::Google | Self::Microsoft => return false,
        };
        own.iter().any(|name| spend.starts_with(name))
    }

    /// How an export by day is made.
    pub(super) const fn by_day(self) -> &'static str {
        match self {
            Self::Google => {
                "choose Segment > Time > Day, or add the row Day in the report editor, and download it again"
            }
            Self::Meta => "choose Breakdown > By time > Day and export it again",
            Self::LinkedIn => "export it again with the time breakdown Daily",
            Self::Microsoft => "choose Day as the unit of time and download it again",
        }
    }

    /// The channel of a campaign; `false` where its kind is not known. `kind` is empty where the export has none.
    pub(super) fn channel(self, kind: &str) -> (Channel, bool) {
        let kind = kind.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
        match self {
            Self::Meta | Self::LinkedIn => (Channel::PaidSocial, true),
            Self::Google | Self::Microsoft
                if has(&[
                    "performance max",
                    "performancemax",
                    "demand gen",
                    "discovery",
                    "smart",
                    "app",
                    "local",
                ]) =>
            {
                (Channel::CrossNetwork, true)
            }
            Self::Google | Self::Microsoft if has(&["shopping"]) => (Channel::PaidShopping, true),
            Self::Google | Self::Microsoft if has(&["video", "ctv"]) => (Channel::PaidVideo, true),
            Self::Google | Self::Microsoft if has(&["display", "audience"]) => (Channel::Display, true),
            Self::Google | Self::Microsoft => {
                (Channel::PaidSearch, kind.is_empty() || has(&["search", "hotel", "travel"]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_falls_into_the_channel_of_its_kind() {
        for (platform, kind, channel) in [
            (Platform::Google, "", (Channel::PaidSearch, true)),
            (Platform::Google, "Search", (Channel::PaidSearch, true)),
            (Platform::Google, "Display", (Channel::Display, true)),
            (Platform::Google, "Video", (Channel::PaidVideo, true)),
            (Platform::Google, "Shopping", (Channel::PaidShopping, true)),
            (Platform::Google, "Performance Max", (Channel::CrossNetwork, true)),
            (Platform::Google, "Demand Gen", (Channel::CrossNetwork, true)),
            (Platform::Google, "Skywriting", (Channel::PaidSearch, false)),
            (Platform::Meta, "", (Channel::PaidSocial, true)),
            (Platform::LinkedIn, "", (Channel::PaidSocial, true)),
            (Platform::Microsoft, "Search & content", (Channel::PaidSearch, true)),
            (Platform::Microsoft, "Audience", (Channel::Display, true)),
            (Platform::Microsoft, "Dynamic search", (Channel::PaidSearch, true)),
        ] {
            assert_eq!(platform.channel(kind), channel, "{platform:?} {kind}");
        }
    }
}
