//! What a match does. It brings a person to look and gives that person more time; nothing else can be said in this
//! type, so nothing else can follow from it.

use crate::index::Found;
use crate::limits::WINDOW_LENGTHENED_HOURS;

/// What follows from a search.
///
/// There are two variants and no way to say more. A program that would refuse a claim because of a match does not
/// compile:
///
/// ```compile_fail,E0599
/// let effect = aftercare_exchange::Effect::Refuse;
/// ```
///
/// nor does one that would make a look out of anything but a match,
///
/// ```compile_fail,E0451
/// let look = aftercare_exchange::Look { window_hours: 0 };
/// ```
///
/// and a program that treats both variants has treated all:
///
/// ```
/// use aftercare_exchange::Effect;
/// fn word(effect: Effect) -> &'static str {
///     match effect {
///         Effect::Nothing => "nothing",
///         Effect::HumanLooks(_) => "a person looks",
///     }
/// }
/// assert_eq!(word(Effect::of(&[])), "nothing");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing was found. It says nothing about the photo either.
    Nothing,
    /// A person looks.
    HumanLooks(Look),
}

/// That a person looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    window_hours: u16,
}

/// That the reviewer has given the first verdict blind. Whoever makes one has read that in the record of the case.
#[derive(Debug, Clone, Copy)]
pub struct BlindVerdictGiven;

impl Effect {
    /// The effect of what was found.
    #[must_use]
    pub const fn of(found: &[Found]) -> Self {
        if found.is_empty() {
            Self::Nothing
        } else {
            Self::HumanLooks(Look {
                window_hours: WINDOW_LENGTHENED_HOURS,
            })
        }
    }
}

impl Look {
    /// Hours by which the window for the human's look is longer.
    #[must_use]
    pub const fn window_hours(self) -> u16 {
        self.window_hours
    }

    /// The sentence for the reviewer and both sides, once the first verdict was given blind.
    #[must_use]
    pub const fn sentence(self, after: BlindVerdictGiven) -> (&'static str, &'static str) {
        after.sentence()
    }
}

impl BlindVerdictGiven {
    /// What a likeness says to the reviewer and both sides, in Chinese and English.
    #[must_use]
    pub const fn sentence(self) -> (&'static str, &'static str) {
        (
            "另一平台曾认定一张与此相似的照片为伪造。这只说明照片相似，请您自行判断。",
            "A photo like this one was judged forged elsewhere. That speaks about the photo only; judge for yourself.",
        )
    }
}
