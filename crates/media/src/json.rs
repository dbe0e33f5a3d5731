//! Finds spans in JSON text without building a tree: labels must be carried on in exactly the text they had.

/// The balanced object that starts at `start` (which must be `{`), as a slice of `text`.
#[must_use]
pub fn object_at(text: &str, start: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'{') {
        return None;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (index, &byte) in bytes.iter().enumerate().skip(start) {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return text.get(start..=index);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text of the value of the member `key` at the top level of the object `object`, without surrounding space.
/// Strings keep their quotes.
#[must_use]
pub fn member<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let bytes = object.as_bytes();
    let mut at = skip_space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    loop {
        at = skip_space(bytes, at);
        let name_end = string_end(bytes, at)?;
        let name = object.get(at + 1..name_end - 1)?;
        at = skip_space(bytes, name_end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let value_start = skip_space(bytes, at + 1);
        let value_end = value_end(bytes, value_start)?;
        if name == key {
            return object.get(value_start..value_end).map(str::trim_end);
        }
        if bytes.get(value_end) != Some(&b',') {
            return None;
        }
        at = value_end + 1;
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The offset just after the string that starts at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The offset of the comma or brace that ends the value starting at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{member, object_at};

    #[test]
    fn finds_objects_and_members() {
        let text = r#"x {"a":"}\"{","b" : {"c":[1,{"d":2}]} , "e":3 } y"#;
        let object = object_at(text, 2).unwrap();
        assert!(object.ends_with("3 }"));
        assert_eq!(member(object, "a"), Some(r#""}\"{""#));
        assert_eq!(member(object, "b"), Some(r#"{"c":[1,{"d":2}]}"#));
        assert_eq!(member(object, "e"), Some("3"));
        assert_eq!(member(object, "c"), None);
    }

    #[test]
    fn broken_text_gives_nothing() {
        for text in [
            "",
            "{",
            "{\"",
            "{\"a",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":\"\\",
            "{\"a\":1",
            "[1]",
            "{}",
            "{1:2}",
        ] {
            assert_eq!(member(text, "a"), None, "{text}");
        }
        assert_eq!(object_at("{\"a\":\"}", 0), None);
        assert_eq!(object_at("é{}", 1), None);
    }
}
