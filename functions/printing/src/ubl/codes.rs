//! The code lists that a document is checked against.

/// ISO 3166-1 with the two that EN 16931 adds, `1A` (Kosovo) and `XI` (Northern Ireland): two letters each.
const COUNTRIES: &str = "1AADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCW\
CXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKM\
KNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW\
PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXIYEYTZAZMZW";

/// Whether a text is the code of a country (BR-CL-14).
pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.as_bytes().chunks(2).any(|code| code == text.as_bytes())
}

/// A VAT identifier, where a text is one: letters and digits after the letters of a country, or `EL` for Greece
/// (BR-CO-09). Blanks, dots and dashes between them do not count.
pub(crate) fn vat_number(text: &str) -> Option<String> {
    let plain = text.chars().filter(|letter| !letter.is_whitespace() && !".-".contains(*letter));
    let code: String = plain.map(|letter| letter.to_ascii_uppercase()).collect();
    let (country, rest) = code.split_at_checked(2)?;
    let good = (is_country(country) || country == "EL")
        && rest.len() >= 2
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        && rest.bytes().any(|b| b.is_ascii_digit());
    good.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_other_numbers() {
        assert_eq!(vat_number("de 123.456.789").as_deref(), Some("DE123456789"));
        assert_eq!(vat_number("EL123456789").as_deref(), Some("EL123456789"));
        for other in ["123456789", "12-3456789", "ZZ12345", "DE", "DEALER", "Σ1", "é1"] {
            assert_eq!(vat_number(other), None, "{other}");
        }
        assert!(is_country("DE") && is_country("XI") && !is_country("DD") && !is_country("D") && !is_country("EA"));
        assert_eq!(COUNTRIES.len() % 2, 0);
        let codes: std::collections::BTreeSet<&[u8]> = COUNTRIES.as_bytes().chunks(2).collect();
        assert_eq!(codes.len(), 251, "249 of ISO 3166-1, and two");
    }
}
