//! Checks of free text that come from people.

use crate::error::AppError;
use crate::limits::TEXT_CHARS_MAX;

/// Refuses an empty or overlong text.
///
/// # Errors
/// [`AppError`] of kind `Invalid` naming the field.
pub fn required(field: &str, text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::invalid(
            field,
            "text_required",
            "这里不能空着，请写一两句。",
            "This cannot be empty. A sentence or two is enough.",
        ));
    }
    optional(field, text)
}

/// Refuses an overlong text.
///
/// # Errors
/// [`AppError`] of kind `Invalid` naming the field.
pub fn optional(field: &str, text: &str) -> Result<(), AppError> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(AppError::invalid(
            field,
            "text_too_long",
            format!("最多 {TEXT_CHARS_MAX} 字，现在 {chars} 字，请删短一些。"),
            format!("At most {TEXT_CHARS_MAX} characters; this has {chars}. Please shorten it."),
        ));
    }
    Ok(())
}
