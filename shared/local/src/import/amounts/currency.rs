//! Currencies as people write them beside an amount or behind the name of a column: signs, and the codes of ISO 4217.

/// What stands for a currency beside an amount, other than its code, and the codes that it may mean.
const SIGNS: &[(&str, &[&str])] = &[
    ("€", &["EUR"]),
    ("Euro", &["EUR"]),
    ("£", &["GBP"]),
    ("$", &DOLLARS),
    ("US$", &["USD"]),
    ("CA$", &["CAD"]),
    ("C$", &["CAD"]),
    ("AU$", &["AUD"]),
    ("A$", &["AUD"]),
    ("NZ$", &["NZD"]),
    ("HK$", &["HKD"]),
    ("SG$", &["SGD"]),
    ("S$", &["SGD"]),
    ("NT$", &["TWD"]),
    ("MX$", &["MXN"]),
    ("R$", &["BRL"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]),
    ("JP¥", &["JPY"]),
    ("円", &["JPY"]),
    ("CN¥", &["CNY"]),
    ("元", &["CNY", "TWD"]),
    ("₩", &["KRW"]),
    ("₹", &["INR"]),
    ("Rs", &RUPEES),
    ("Rs.", &RUPEES),
    ("₺", &["TRY"]),
    ("TL", &["TRY"]),
    ("₽", &["RUB"]),
    ("руб", &["RUB"]),
    ("руб.", &["RUB"]),
    ("₴", &["UAH"]),
    ("₪", &["ILS"]),
    ("฿", &["THB"]),
    ("₫", &["VND"]),
    ("₱", &["PHP"]),
    ("₦", &["NGN"]),
    ("₵", &["GHS"]),
    ("₡", &["CRC"]),
    ("₲", &["PYG"]),
    ("₸", &["KZT"]),
    ("₾", &["GEL"]),
    ("₼", &["AZN"]),
    ("zł", &["PLN"]),
    ("Kč", &["CZK"]),
    ("Ft", &["HUF"]),
    ("лв", &["BGN"]),
    ("лв.", &["BGN"]),
    ("lei", &["RON", "MDL"]),
    ("kr", &CROWNS),
    ("kr.", &CROWNS),
    ("Fr", &["CHF"]),
    ("Fr.", &["CHF"]),
    ("SFr.", &["CHF"]),
    ("Rp", &["IDR"]),
    ("RM", &["MYR"]),
    ("R", &["ZAR"]),
];
const DOLLARS: [&str; 27] = [
    "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP", "BRL", "UYU", "DOP", "BBD",
    "BMD", "BND", "BSD", "BZD", "FJD", "GYD", "JMD", "KYD", "NAD", "SRD", "TTD", "XCD",
];
const CROWNS: [&str; 4] = ["SEK", "NOK", "DKK", "ISK"];
const RUPEES: [&str; 6] = ["INR", "PKR", "LKR", "NPR", "MUR", "SCR"];
/// The codes of ISO 4217, and the one that Croatia had.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
                     CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
                     GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD \
                     KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
                     NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
                     SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD \
                     XCG XOF XPF YER ZAR ZMW ZWG";

/// A currency as an amount or a column's name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Named {
    /// Its sign or its code.
    name: &'static str,
    /// The codes that this may mean: one, or several of a sign that many share.
    pub(in crate::import) codes: Vec<&'static str>,
}

impl Named {
    /// What several say together: the one that says the most, with the codes that all may mean.
    pub(super) fn of_all(named: Vec<Self>) -> Option<Self> {
        let codes = common(&named);
        let most = named.into_iter().min_by_key(|named| named.codes.len())?;
        Some(Self { codes, ..most })
    }

    /// It in a sentence: `EUR`, or `$, USD`.
    pub(in crate::import) fn told(&self) -> String {
        match self.codes.first() {
            Some(code) if *code != self.name => format!("{}, {code}", self.name),
            _ => self.name.to_owned(),
        }
    }

    /// The code that alone it can mean.
    pub(in crate::import) fn only(&self) -> Option<&'static str> {
        match self.codes.as_slice() {
            [code] => Some(*code),
            _ => None,
        }
    }
}

/// The end of a text at which a currency may stand.
#[derive(Clone, Copy)]
pub(super) enum End {
    Front,
    Back,
}

impl End {
    /// The letter of a text that stands at this end.
    fn letter(self, text: &str) -> Option<char> {
        match self {
            Self::Front => text.chars().next(),
            Self::Back => text.chars().next_back(),
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Front => Self::Back,
            Self::Back => Self::Front,
        }
    }

    /// A text without a name that stands at this end, in letters of any size; nothing where it does not, or where it is
    /// part of a word.
    fn without<'a>(self, text: &'a str, name: &str) -> Option<&'a str> {
        let same = |one: char, other: char| {
            one.eq_ignore_ascii_case(&other)
                || (!one.is_ascii() && one.to_lowercase().eq(other.to_lowercase()))
        };
        let mut rest = text.chars();
        let stands = match self {
            Self::Front => name.chars().all(|letter| rest.next().is_some_and(|other| same(letter, other))),
            Self::Back => {
                name.chars().rev().all(|letter| rest.next_back().is_some_and(|other| same(letter, other)))
            }
        };
        let rest = rest.as_str();
        let beside = [self.other().letter(name), self.letter(rest)];
        let in_a_word = beside.iter().all(|letter| letter.is_some_and(char::is_alphabetic));
        (stands && !in_a_word).then_some(rest)
    }

    /// The currency that stands at this end of a text, and the text without it.
    fn currency(self, text: &str) -> Option<(Named, &str)> {
        if self.letter(text).is_none_or(|letter| letter.is_ascii_digit()) {
            return None;
        }
        let names = SIGNS.iter().map(|(sign, _)| *sign).chain(CODES.split(' '));
        let found = names.filter_map(|name| Some((name, self.without(text, name)?)));
        // `CA$` ends like `$`.
        let (name, rest) = found.max_by_key(|(name, _)| name.len())?;
        let codes = SIGNS
            .iter()
            .find(|(sign, _)| *sign == name)
            .map_or_else(|| vec![name], |(_, codes)| codes.to_vec());
        Some((Named { name, codes }, rest))
    }

    /// A text without blanks and currencies at this end, which are added to `named`.
    pub(super) fn bared<'a>(self, text: &'a str, named: &mut Vec<Named>) -> &'a str {
        let trimmed = |text: &'a str| match self {
            Self::Front => text.trim_start_matches(is_blank),
            Self::Back => text.trim_end_matches(is_blank),
        };
        let mut text = trimmed(text);
        while let Some((found, rest)) = self.currency(text) {
            named.push(found);
            text = trimmed(rest);
        }
        text
    }
}

/// Whether a letter only groups digits: blanks of all widths and apostrophes.
pub(super) fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\'' | '’' | '\u{2060}')
}

/// The codes that each of several names may mean.
pub(super) fn common(named: &[Named]) -> Vec<&'static str> {
    let mut codes = named.first().map(|first| first.codes.clone()).unwrap_or_default();
    codes.retain(|code| named.iter().all(|other| other.codes.contains(code)));
    codes
}

/// A column's name without the currency at its end, and the currency: `Total (EUR)`, `Amount in €`, `total_eur`.
pub(in crate::import) fn in_name(name: &str) -> Option<(&str, Named)> {
    let name = name.trim_end_matches([')', ']', ' ']);
    let (named, rest) = End::Back.currency(name)?;
    let written = name.get(rest.len()..)?;
    // A word such as `all` or `try` is meant for its code where it stands in capitals, or behind a `_`.
    let exact = written.len() > 1 && written == named.name;
    let small = rest.ends_with('_') && written.len() == 3 && written != "all";
    (exact || small).then_some((rest, named))
}
