//! A QR code for the terminal, so that a phone can open the address.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// `text` as a QR code of half blocks, or the text itself when it is too long for one.
#[must_use]
pub fn qr(text: &str) -> String {
    match QrCode::new(text.as_bytes()) {
        // Terminals are dark: light modules are drawn, so that scanners see dark on light.
        Ok(code) => code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build(),
        Err(_) => text.to_owned(),
    }
}
