//! A strict reader of DER (ITU-T X.690, chapter 10), and the little that is written of it. One value has one spelling: what
//! BER would allow besides is refused.

use super::Refused;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of a constructed member that is named by number.
pub(super) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// The tag of a plain member that is named by number.
pub(super) const fn implicit(number: u8) -> u8 {
    0x80 | number
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With its tag and length.
    pub(super) whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// Reads what is in it.
    pub(super) const fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// A number that is not negative, without the zero that only says so.
    pub(super) fn unsigned(&self) -> Result<&'a [u8], Refused> {
        match *self.integer()? {
            [first, ..] if first >= 0x80 => Err(Refused::NotDer("a number is negative")),
            [0, ref rest @ ..] if !rest.is_empty() => Ok(rest),
            ref all => Ok(all),
        }
    }

    /// A number that is not negative and small.
    pub(super) fn small(&self) -> Result<u64, Refused> {
        let digits = self.unsigned()?;
        if digits.len() > 8 {
            return Err(Refused::NotDer("a number is too large"));
        }
        Ok(digits
            .iter()
            .fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }

    /// The bytes of a number, negative or not.
    pub(super) fn integer(&self) -> Result<&'a [u8], Refused> {
        match *self.content {
            [] => Err(Refused::NotDer("a number without digits")),
            [0, second, ..] if second < 0x80 => Err(Refused::NotDer("a number with idle digits")),
            [0xFF, second, ..] if second >= 0x80 => {
                Err(Refused::NotDer("a number with idle digits"))
            }
            ref all => Ok(all),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, Refused> {
        match self.content {
            [0] => Ok(false),
            [0xFF] => Ok(true),
            _ => Err(Refused::NotDer("neither true nor false")),
        }
    }

    /// The bytes of a string of bits that has no bits left over.
    pub(super) fn whole_bits(&self) -> Result<&'a [u8], Refused> {
        match *self.content {
            [0, ref bytes @ ..] => Ok(bytes),
            _ => Err(Refused::NotDer("bits that are not bytes")),
        }
    }

    /// Named bits, the first one highest.
    pub(super) fn named_bits(&self) -> Result<u8, Refused> {
        match *self.content {
            [unused @ 0..=7, first, ..]
                if first.trailing_zeros() >= u32::from(unused) || self.content.len() > 2 =>
            {
                Ok(first)
            }
            _ => Err(Refused::NotDer("bits in another form")),
        }
    }

    /// An object identifier in its dotted form.
    pub(super) fn dotted(&self) -> Result<String, Refused> {
        let wrong = Refused::NotDer("an object identifier in another form");
        let mut arcs: Vec<u64> = Vec::new();
        let (mut arc, mut begun) = (0_u64, false);
        for byte in self.content {
            if !begun && *byte == 0x80 || arc >> 57 != 0 {
                return Err(wrong);
            }
            arc = arc << 7 | u64::from(byte & 0x7F);
            begun = byte & 0x80 != 0;
            if !begun {
                arcs.push(arc);
                arc = 0;
            }
        }
        let (Some((first, rest)), false) = (arcs.split_first(), begun) else {
            return Err(wrong);
        };
        let top = (first / 40).min(2);
        let mut text = format!("{top}.{}", first - top * 40);
        for arc in rest {
            text.push('.');
            text.push_str(&arc.to_string());
        }
        Ok(text)
    }
}

/// Reads values one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn next(&mut self) -> Result<Value<'a>, Refused> {
        let cut = Refused::NotDer("it ends too early");
        let [tag, first, rest @ ..] = self.0 else {
            return Err(cut);
        };
        if tag & 0x1F == 0x1F {
            return Err(Refused::NotDer("a tag of several bytes"));
        }
        let (length, rest) = match *first {
            short @ 0..=0x7F => (usize::from(short), rest),
            // Tokens are small: three digits are sixteen mebibytes.
            count @ 0x81..=0x83 => {
                let (digits, rest) = rest
                    .split_at_checked(usize::from(count & 0x7F))
                    .ok_or(cut)?;
                let length = digits
                    .iter()
                    .fold(0, |length, digit| length << 8 | usize::from(*digit));
                if digits.first() == Some(&0) || length < 0x80 {
                    return Err(Refused::NotDer("a length with idle digits"));
                }
                (length, rest)
            }
            _ => return Err(Refused::NotDer("a length without an end")),
        };
        let (content, after) = rest.split_at_checked(length).ok_or(cut)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Ok(Value {
            tag: *tag,
            content,
            whole,
        })
    }

    /// The next value, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Value<'a>, Refused> {
        let value = self.next()?;
        if value.tag == tag {
            Ok(value)
        } else {
            Err(Refused::NotDer("another kind of value was expected"))
        }
    }

    /// The next value if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Refused> {
        match self.0.first() {
            Some(next) if *next == tag => self.next().map(Some),
            _ => Ok(None),
        }
    }

    /// Nothing follows.
    pub(super) fn end(&self) -> Result<(), Refused> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Refused::NotDer("more follows than belongs here"))
        }
    }
}

/// The one value that `bytes` are.
pub(super) fn only(bytes: &[u8], tag: u8) -> Result<Value<'_>, Refused> {
    let mut reader = Reader(bytes);
    let value = reader.expect(tag)?;
    reader.end()?;
    Ok(value)
}

/// Writes a value of at most 65,535 bytes, which is more than a request has.
pub(super) fn written(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut value = vec![tag];
    match u16::try_from(content.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes()
    {
        [0, short @ 0..0x80] => value.push(short),
        [0, long] => value.extend_from_slice(&[0x81, long]),
        long => {
            value.push(0x82);
            value.extend_from_slice(&long);
        }
    }
    value.extend_from_slice(&content);
    value
}

/// The bytes of a dotted object identifier.
pub(super) fn object_identifier(dotted: &str) -> Option<Vec<u8>> {
    let arcs: Vec<u64> = dotted
        .split('.')
        .map(|arc| arc.parse().ok())
        .collect::<Option<_>>()?;
    let [top @ 0..=2, second, ref rest @ ..] = arcs[..] else {
        return None;
    };
    if top < 2 && second >= 40 {
        return None;
    }
    let mut bytes = Vec::new();
    for arc in
        std::iter::once(top.checked_mul(40)?.checked_add(second)?).chain(rest.iter().copied())
    {
        let groups = arc.max(1).ilog2() / 7;
        for group in (0..=groups).rev() {
            let [low, ..] = (arc >> (7 * group) & 0x7F).to_le_bytes();
            bytes.push(if group > 0 { low | 0x80 } else { low });
        }
    }
    let value = Value {
        tag: OID,
        content: &bytes,
        whole: &bytes,
    };
    (value.dotted().ok()? == dotted).then_some(bytes)
}

/// Seconds and millionths since 1970 of a time in UTC. A certificate's time has no fraction (RFC 5280, 4.1.2.5); that of a
/// token may have one without idle zeros (RFC 3161, 2.4.2).
pub(super) fn time(value: Value<'_>) -> Result<(i64, u32), Refused> {
    let wrong = Refused::NotDer("a time in another form");
    let text = std::str::from_utf8(value.content)
        .ok()
        .and_then(|text| text.strip_suffix('Z'))
        .ok_or(wrong)?;
    let (text, fraction) = match text.split_once('.') {
        None => (text, ""),
        Some((_, fraction))
            if fraction.is_empty() || fraction.len() > 6 || fraction.ends_with('0') =>
        {
            return Err(wrong);
        }
        Some((text, fraction)) if value.tag == GENERALIZED_TIME => (text, fraction),
        Some(_) => return Err(wrong),
    };
    if !text
        .bytes()
        .chain(fraction.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return Err(wrong);
    }
    let digits = |part: &str| part.parse::<u32>().map_err(|_| wrong);
    let (year, rest) = match (value.tag, text.len()) {
        (UTC_TIME, 12) => {
            let year = digits(&text[..2])?;
            // RFC 5280, 4.1.2.5.1: two digits from 50 on belong to the last century.
            (
                if year < 50 { 2000 + year } else { 1900 + year },
                &text[2..],
            )
        }
        (GENERALIZED_TIME, 14) => (digits(&text[..4])?, &text[4..]),
        _ => return Err(wrong),
    };
    let mut parts = [0; 5];
    for (at, part) in parts.iter_mut().enumerate() {
        *part = digits(&rest[2 * at..2 * at + 2])?;
    }
    let [month, day, hour, minute, second] = parts;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(wrong),
    };
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err(wrong);
    }
    let millionths = if fraction.is_empty() {
        0
    } else {
        digits(&format!("{fraction:0<6}"))?
    };
    let days = days(i64::from(year), i64::from(month), i64::from(day));
    let seconds = i64::from((hour * 60 + minute) * 60 + second);
    Ok((days * 86_400 + seconds, millionths))
}

/// Days since 1970-01-01 in the Gregorian calendar: years are counted from March, so that the leap day is the last one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
