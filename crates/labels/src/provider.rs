//! The code of a service provider (practice guide TC260-PG-20252A) with the unified social credit code in it
//! (GB 32100-2015), and the providers whose codes are known.

use serde::{Deserialize, Serialize};

/// Characters of a whole provider code.
pub const PROVIDER_CODE_CHARACTERS: usize = 27;
/// Characters of a unified social credit code.
pub const CREDIT_CODE_CHARACTERS: usize = 18;
/// Characters before the credit code: version `00`, kind of subject, kind of binding.
const PREFIX_CHARACTERS: usize = 4;
/// The 31 characters of GB 32100-2015: digits and capital letters without I, O, S, V and Z, in the order of their
/// values.
const CREDIT_ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Modulus of the check character.
const CREDIT_MODULUS: usize = 31;

/// What the service behind a code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The code ends in `00000`: it names the entity only.
    Unspecified,
    /// Service digit 1.
    Generation,
    /// Service digit 2.
    Propagation,
}

/// A code that has the structure of TC260-PG-20252A and a right check character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCode {
    /// The unified social credit code: it names a legal entity, which may run several brands.
    pub credit_code: String,
    pub service: Service,
    /// Code of the model or application, four characters; `None` with [`Service::Unspecified`].
    pub application: Option<String>,
    /// The provider, when its credit code is in our table.
    #[serde(skip_deserializing)]
    pub known: Option<&'static str>,
}

/// What a value of `ContentProducer` or `ContentPropagator` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// No value.
    Empty,
    /// A code after the guide.
    Code(ProviderCode),
    /// Made like a code, and wrong: which part.
    BrokenCode(CodeFault),
    /// A name. GB 45438-2025 allows a name or a code.
    Name {
        /// The provider, when the name is in our table.
        known: Option<&'static str>,
    },
}

/// What is wrong with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeFault {
    /// Not 27 characters.
    Length,
    /// Kind of subject or of binding is not 1.
    Subject,
    /// The check character of the credit code does not fit its other characters.
    CheckCharacter,
    /// The service digit is neither 1 nor 2, and the end is not `00000`.
    Service,
    /// The code of the model or application has other characters than digits and capital letters.
    Application,
}

impl CodeFault {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Subject => "subject",
            Self::CheckCharacter => "check_character",
            Self::Service => "service",
            Self::Application => "application",
        }
    }
}

/// Providers by credit code, and by the name that their programs write instead of a code. One entity may stand
/// behind several brands; the name here is the best known one.
///
/// The first group was seen in labels of published files whose maker is known. The second group is companies with
/// services of their own, by the public register of enterprises; the check characters of both are tested.
const KNOWN: [(&str, &str); 35] = [
    ("91110102MACQD9K640", "Doubao (豆包)"),
    ("9144030008867405X2", "Jimeng (即梦)"),
    ("91440101MA9Y9T4H7A", "Qwen (通义千问)"),
    ("91330106MA2CFLDG4R", "Wan (通义万相)"),
    ("91110108335469089C", "Kling (可灵)"),
    ("91440300708461136T", "Tencent (腾讯)"),
    ("91110000802100433B", "Baidu (百度)"),
    ("91110105MACJ6K1C8A", "LiblibAI (哩布哩布)"),
    ("91340100MAEB4N8H76", "RunningHub"),
    ("91110108MACC4D63XF", "Vidu"),
    ("91440300MA5G49LC9K", "Honor (荣耀)"),
    ("91110108MA01KP2T5U", "Zhipu (智谱清言)"),
    ("91310104MACE0YX639", "StepFun (阶跃星辰)"),
    ("91340000711771143J", "iFlytek (科大讯飞)"),
    ("91330101MA27WPYJ18", "iFlow (心流)"),
    ("91441900557262083U", "vivo"),
    ("91110108562144110X", "Meituan (美团)"),
    ("doubao", "Doubao (豆包)"),
    ("kling", "Kling (可灵)"),
    ("minimax", "MiniMax"),
    ("runninghub", "RunningHub"),
    ("iflow", "iFlow (心流)"),
    ("91310000MA7CGN828C", "MiniMax"),
    ("91110108MACG2KBH8F", "Moonshot (月之暗面)"),
    ("91110108MACBM7E07B", "Baichuan (百川智能)"),
    ("91110108MACGNQDM2B", "01.AI (零一万物)"),
    ("91330105MACPN4X08Y", "DeepSeek (深度求索)"),
    ("91110108MABU8XJRXD", "ModelBest (面壁智能)"),
    ("91110105MA04GN5E7L", "Xianyuan (衔远科技)"),
    ("91310104MACJB73JXU", "Infinigence (无问芯穹)"),
    ("91110108MA01DNC75B", "RealAI (瑞莱智慧)"),
    ("9144030071526726XG", "Tencent Technology (腾讯科技)"),
    ("91330106673959654P", "Alibaba Cloud (阿里云)"),
    ("91110108551385082Q", "Xiaomi (小米)"),
    ("914403001922038216", "Huawei (华为)"),
];

/// The check character of the first 17 characters of a unified social credit code (GB 32100-2015, 31 minus the sum
/// of value × 3^position modulo 31). `None` when there are not 17 or one is outside the alphabet.
#[must_use]
pub fn credit_check_character(first: &str) -> Option<char> {
    if first.len() != CREDIT_CODE_CHARACTERS - 1 {
        return None;
    }
    let mut weight = 1;
    let mut sum = 0;
    for byte in first.bytes() {
        sum += CREDIT_ALPHABET.iter().position(|&known| known == byte)? * weight;
        weight = weight * 3 % CREDIT_MODULUS;
    }
    let value = (CREDIT_MODULUS - sum % CREDIT_MODULUS) % CREDIT_MODULUS;
    CREDIT_ALPHABET.get(value).copied().map(char::from)
}

/// Whether `code` is a unified social credit code with a right check character.
#[must_use]
pub fn is_credit_code(code: &str) -> bool {
    code.is_ascii()
        && code.len() == CREDIT_CODE_CHARACTERS
        && credit_check_character(&code[..CREDIT_CODE_CHARACTERS - 1]) == code.chars().last()
}

/// Reads a value of `ContentProducer` or `ContentPropagator`.
#[must_use]
pub fn parse(value: &str) -> Provider {
    let value = value.trim();
    if value.is_empty() {
        return Provider::Empty;
    }
    let looks_like_code = value.starts_with("00")
        && value.len() >= CREDIT_CODE_CHARACTERS
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !looks_like_code {
        return Provider::Name {
            known: known(&value.to_lowercase()).or_else(|| known(value)),
        };
    }
    match parse_code(value) {
        Ok(code) => Provider::Code(code),
        Err(fault) => Provider::BrokenCode(fault),
    }
}

impl ProviderCode {
    /// Sets what is not read from a message.
    pub(crate) fn restore(&mut self) {
        self.known = known(&self.credit_code);
    }
}

fn known(key: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(code, _)| *code == key)
        .map(|(_, name)| *name)
}

/// `value` is ASCII letters and digits only, so that bytes are characters.
fn parse_code(value: &str) -> Result<ProviderCode, CodeFault> {
    if value.len() != PROVIDER_CODE_CHARACTERS {
        return Err(CodeFault::Length);
    }
    if &value[2..PREFIX_CHARACTERS] != "11" {
        return Err(CodeFault::Subject);
    }
    let (credit_code, end) = value[PREFIX_CHARACTERS..].split_at(CREDIT_CODE_CHARACTERS);
    if !is_credit_code(credit_code) {
        return Err(CodeFault::CheckCharacter);
    }
    let application = end[1..].to_owned();
    let service = match end.as_bytes()[0] {
        _ if end == "00000" => Service::Unspecified,
        b'1' => Service::Generation,
        b'2' => Service::Propagation,
        _ => return Err(CodeFault::Service),
    };
    if application.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(CodeFault::Application);
    }
    Ok(ProviderCode {
        known: known(credit_code),
        credit_code: credit_code.to_owned(),
        application: (service != Service::Unspecified).then_some(application),
        service,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        CodeFault, KNOWN, Provider, Service, credit_check_character, is_credit_code, parse,
    };

    #[test]
    fn known_credit_codes_have_right_check_characters() {
        let codes = KNOWN.iter().filter(|(code, _)| code.len() == 18);
        assert!(codes.count() >= 30);
        for (code, name) in KNOWN {
            if code.len() == 18 {
                assert!(
                    is_credit_code(code),
                    "{name}: {code} should end in {:?}",
                    credit_check_character(&code[..17])
                );
            }
        }
    }

    #[test]
    fn one_changed_character_is_noticed() {
        let code = "91110102MACQD9K640";
        for at in 0..code.len() {
            let mut changed = code.to_owned();
            let other = if &code[at..=at] == "7" { "8" } else { "7" };
            changed.replace_range(at..=at, other);
            assert!(!is_credit_code(&changed), "{changed}");
        }
        assert!(!is_credit_code(""));
        assert!(!is_credit_code("９1110102MACQD9K6"));
    }

    #[test]
    fn codes_that_programs_write_are_read() {
        let Provider::Code(code) = parse("001191110102MACQD9K64010000") else {
            panic!("a code")
        };
        assert_eq!(
            (code.service, code.application.as_deref()),
            (Service::Generation, Some("0000"))
        );
        assert_eq!(code.known, Some("Doubao (豆包)"));
        let Provider::Code(code) = parse("00119144030008867405X220001") else {
            panic!("a code")
        };
        assert_eq!(
            (code.service, code.application.as_deref()),
            (Service::Propagation, Some("0001"))
        );
        let Provider::Code(code) = parse("001191440300708461136T1308L") else {
            panic!("a code")
        };
        assert_eq!(code.application.as_deref(), Some("308L"));
        let Provider::Code(code) = parse("001191110102MACQD9K64000000") else {
            panic!("a code")
        };
        assert_eq!(
            (code.service, code.application),
            (Service::Unspecified, None)
        );
    }

    #[test]
    fn names_and_faults_are_told_apart() {
        assert_eq!(
            parse("MiniMax"),
            Provider::Name {
                known: Some("MiniMax")
            }
        );
        assert_eq!(parse("示例公司"), Provider::Name { known: None });
        assert_eq!(parse(" "), Provider::Empty);
        assert_eq!(
            parse("001191110102MACQD9K6401000"),
            Provider::BrokenCode(CodeFault::Length)
        );
        assert_eq!(
            parse("002191110102MACQD9K64010000"),
            Provider::BrokenCode(CodeFault::Subject)
        );
        assert_eq!(
            parse("001191110102MACQD9K64110000"),
            Provider::BrokenCode(CodeFault::CheckCharacter)
        );
        assert_eq!(
            parse("001191110102MACQD9K64030000"),
            Provider::BrokenCode(CodeFault::Service)
        );
        assert_eq!(
            parse("001191110102MACQD9K640100a0"),
            Provider::BrokenCode(CodeFault::Application)
        );
    }
}
