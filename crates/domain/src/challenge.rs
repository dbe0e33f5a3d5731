//! Photos taken on request: a code, a side and a sign of the hand that nobody could know before, within minutes. What
//! comes of it is a better photo and no proof: a virtual camera can lie, so it is graded B at most.

use crate::ids::EvidenceId;
use crate::limits::CHALLENGE_CODE_DIGITS;
use crate::time::Timestamp;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// From where the photo is taken. Five of each kind: a decimal digit draws every one of them equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Angle {
    /// From above.
    Above,
    /// From the left.
    Left,
    /// From the right.
    Right,
    /// From low, at the height of the item.
    Low,
    /// From the other side.
    Opposite,
}

/// What a hand does beside the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gesture {
    /// A finger points at it.
    Point,
    /// Two fingers lie beside it.
    TwoFingers,
    /// An open palm lies beside it.
    OpenPalm,
    /// A thumb is up.
    ThumbUp,
    /// A fist lies beside it.
    Fist,
}

/// What a photo on request has to show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// Digits to be written on paper by hand.
    pub code: String,
    pub angle: Angle,
    pub gesture: Gesture,
}

impl Task {
    /// The task that random decimal digits draw: the code, and one digit each for side and sign. `None` for another
    /// number of digits.
    #[must_use]
    pub fn drawn(digits: &str) -> Option<Self> {
        let numbers: Vec<u32> = digits
            .chars()
            .map(|digit| digit.to_digit(10))
            .collect::<Option<_>>()?;
        let [angle, gesture] = numbers.get(CHALLENGE_CODE_DIGITS..)? else {
            return None;
        };
        Some(Self {
            code: digits.get(..CHALLENGE_CODE_DIGITS)?.to_owned(),
            angle: match angle % 5 {
                0 => Angle::Above,
                1 => Angle::Left,
                2 => Angle::Right,
                3 => Angle::Low,
                _ => Angle::Opposite,
            },
            gesture: match gesture % 5 {
                0 => Gesture::Point,
                1 => Gesture::TwoFingers,
                2 => Gesture::OpenPalm,
                3 => Gesture::ThumbUp,
                _ => Gesture::Fist,
            },
        })
    }

    /// Whether it is one that [`Self::drawn`] gives.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.code.len() == CHALLENGE_CODE_DIGITS
            && self.code.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// What to do, in words.
    #[must_use]
    pub fn words(&self) -> Words {
        let angle = match self.angle {
            Angle::Above => Words::new("从上方", "from above"),
            Angle::Left => Words::new("从左侧", "from the left"),
            Angle::Right => Words::new("从右侧", "from the right"),
            Angle::Low => Words::new("贴近桌面平着", "from low, at the height of the item"),
            Angle::Opposite => Words::new("从对面", "from the other side"),
        };
        let gesture = match self.gesture {
            Gesture::Point => {
                Words::new("用一根手指指着损坏处", "a finger that points at the damage")
            }
            Gesture::TwoFingers => Words::new("旁边放两根手指", "two fingers beside it"),
            Gesture::OpenPalm => Words::new("旁边放一只张开的手掌", "an open palm beside it"),
            Gesture::ThumbUp => Words::new("旁边竖起拇指", "a thumb up beside it"),
            Gesture::Fist => Words::new("旁边放一只拳头", "a fist beside it"),
        };
        let code = &self.code;
        Words::new(
            format!(
                "在纸上手写 {code}，放在损坏处旁边；{}，{}拍。",
                gesture.zh, angle.zh
            ),
            format!(
                "Write {code} on paper by hand and lay it beside the damage; take the photo {}, with {}.",
                angle.en, gesture.en
            ),
        )
    }
}

/// How a photo on request came, as its sender says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// With the camera, on the page.
    Camera,
    /// Chosen from files.
    Album,
}

impl Capture {
    /// The grade, which is never better than B: what a camera shows can be made up, and what came from files all the
    /// more.
    #[must_use]
    pub const fn grade(self) -> char {
        match self {
            Self::Camera => 'B',
            Self::Album => 'C',
        }
    }
}

/// A task of a claim, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    pub task: Task,
    pub drawn_at: Timestamp,
    /// Until when it can be answered.
    pub until: Timestamp,
    /// The photos that came.
    pub answered: Vec<EvidenceId>,
}

impl Challenge {
    /// Whether it can be answered at that time.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.answered.is_empty() && now <= self.until
    }
}
