//! The words that marketing everywhere has in common, so that even a small batch need not spell them.

/// A dictionary for zstd: words that blanks part, the most useful last, where they are cheapest to refer to.
///
/// Part of format 1 and frozen with it: with one letter changed, no stored batch would be read right. A
/// better list is a new format.
pub(super) const WORDS: &str = "\
    plan level video percent duration title color size quantity category product currency position \
    scroll_depth file_name method coupon shipping payment first_name status step outbrain taboola criteo \
    awin impact tradedoubler klaviyo mailchimp hubspot brevo salesforce duckduckgo yahoo ecosia \
    chatgpt.com perplexity reddit pinterest snapchat whatsapp telegram podcast qr generic prospecting \
    remarketing lookalike winback abandoned_cart welcome onboarding christmas cyber_monday valentines \
    easter autumn winter evergreen awareness conversion promo discount footer header sidebar banner \
    carousel story text-ad image static hero cta_button /index.html /faq /help /login /register /signup \
    /features /pricing /contact /imprint /privacy /about-us /news /search /account /orders /wishlist \
    /categories/ /category/ /collections/ /products/ /product/ /blog/ /shop/ /en/ /de/ /thank-you /thanks \
    /checkout /cart .co.uk .org .net .de .com www. summer_ spring_ black_friday _sale launch brand \
    retargeting performance-max push sms video_ads native affiliate display banner_ads organic referral \
    social paid-social paid_social ppc cpc email newsletter- linkedin twitter tiktok youtube bing \
    instagram facebook google";

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_words_of_format_1_never_change() {
        let digest = Sha256::digest(WORDS);
        assert_eq!(digest[..8], 0x3cc4_e734_c672_0b07_u64.to_be_bytes());
    }
}
