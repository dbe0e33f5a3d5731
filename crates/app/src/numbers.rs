//! Short numbers for the phone and for letters, made from the ids: nothing has to be counted.

use aftercare_domain::ids::CaseId;

/// Digits and letters that are not mistaken for one another (Crockford's Base32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number of a case, such as `AC-7Q2F-9K3M`: 40 random bits of its id. Not a secret, and not
/// unique by construction: a link or the id finds a case, the number only names it.
#[must_use]
pub fn case_number(case: CaseId) -> String {
    let bytes = case.0.as_bytes();
    let mut bits: u64 = 0;
    for byte in &bytes[11..16] {
        bits = (bits << 8) | u64::from(*byte);
    }
    let mut text = String::from("AC-");
    for position in (0..8).rev() {
        let index = usize::try_from((bits >> (position * 5)) & 31).unwrap_or(0);
        text.push(char::from(ALPHABET[index]));
        if position == 4 {
            text.push('-');
        }
    }
    text
}

/// The end of the ids of the cases that have this number, written as it is read out: in either case, with or without its
/// marks, and with the letters that are taken for digits.
#[must_use]
pub fn end_of_number(text: &str) -> Option<[u8; 5]> {
    let text = text.trim().to_ascii_uppercase();
    let digits: Vec<u64> = text
        .strip_prefix("AC")?
        .chars()
        .filter(|sign| !matches!(sign, '-' | ' '))
        .map(|sign| match sign {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .map(|sign| {
            let mut known = ALPHABET.iter();
            let place = known.position(|digit| char::from(*digit) == sign)?;
            u64::try_from(place).ok()
        })
        .collect::<Option<_>>()?;
    if digits.len() != 8 {
        return None;
    }
    let bits = digits.iter().fold(0_u64, |bits, digit| (bits << 5) | digit);
    let [_, _, _, end @ ..] = bits.to_be_bytes();
    Some(end)
}

/// The number of a piece of evidence on its case, such as `E-02`; `position` starts at 0.
#[must_use]
pub fn evidence_number(position: usize) -> String {
    format!("E-{:02}", position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_short_and_stable() {
        let case: CaseId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(case_number(case), case_number(case));
        assert_eq!(case_number(case).len(), 12);
        let bytes = case.0.as_bytes();
        let number = case_number(case);
        for written in [
            number.clone(),
            number.to_lowercase(),
            number.replace('-', " "),
        ] {
            assert_eq!(end_of_number(&written).as_ref(), bytes.last_chunk());
        }
        for wrong in ["", "AC-", "AC-7Q2F", "13800000001", "AC-7Q2F-9K3U"] {
            assert_eq!(end_of_number(wrong), None, "{wrong}");
        }
        assert_eq!(evidence_number(1), "E-02");
    }
}
