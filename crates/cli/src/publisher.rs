//! Who publishes listing photos, as `serve` and `worker` take it: the operator's name and provider code. Nobody else is ever
//! written into a label as the service that spreads the content.

use crate::failure::bad_input;
use aftercare_app::publishing::Publisher;
use clap::Args;

/// The operator.
#[derive(Debug, Args)]
pub struct PublisherArgs {
    /// Name of the service that publishes listing photos; with its code, photos that need an AI label are shown with one.
    #[arg(long, value_name = "NAME", env = "AFTERCARE_PUBLISHER_NAME")]
    publisher_name: Option<String>,
    /// Its provider code of 27 characters (TC260-PG-20252A).
    #[arg(long, value_name = "CODE", env = "AFTERCARE_PUBLISHER_CODE")]
    publisher_code: Option<String>,
}

impl PublisherArgs {
    /// These; what they leave out, as the settings file has it.
    #[must_use]
    pub fn or(self, name: Option<String>, code: Option<String>) -> Self {
        Self {
            publisher_name: self.publisher_name.or(name),
            publisher_code: self.publisher_code.or(code),
        }
    }

    /// The operator; none when nothing was set.
    ///
    /// # Errors
    /// Bad input when one of the two is missing or the code is not that of a service that spreads content.
    pub fn publisher(&self) -> anyhow::Result<Option<Publisher>> {
        match (&self.publisher_name, &self.publisher_code) {
            (None, None) => Ok(None),
            (Some(name), Some(code)) => Publisher::new(name, code)
                .map(Some)
                .map_err(|error| bad_input(format!("publisher: {} {}", error.en, error.zh))),
            (Some(_), None) => Err(bad_input(
                "publisher_name needs the provider code too: give --publisher-code, or set AFTERCARE_PUBLISHER_CODE or `publisher_code` in the settings file",
            )),
            (None, Some(_)) => Err(bad_input(
                "publisher_code needs the name too: give --publisher-name, or set AFTERCARE_PUBLISHER_NAME or `publisher_name` in the settings file",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PublisherArgs;

    const CODE: &str = "001191000000MA0TE5T00X20001";

    fn args(name: Option<&str>, code: Option<&str>) -> PublisherArgs {
        PublisherArgs {
            publisher_name: name.map(str::to_owned),
            publisher_code: code.map(str::to_owned),
        }
    }

    #[test]
    fn the_operator_is_named_whole_or_not_at_all() {
        assert!(args(None, None).publisher().unwrap().is_none());
        let named = args(Some("示例平台"), Some(CODE)).publisher().unwrap();
        assert_eq!(named.unwrap().name, "示例平台");
        // The settings file fills in what is left out.
        let filled = args(None, Some(CODE)).or(Some("示例平台".to_owned()), None);
        assert!(filled.publisher().unwrap().is_some());
        for (name, code, says) in [
            (Some("示例平台"), None, "--publisher-code"),
            (None, Some(CODE), "--publisher-name"),
            (Some("示例平台"), Some("0011"), "27 characters"),
            // A service that generates content.
            (
                Some("示例平台"),
                Some("001191000000MA0TE5T00X10001"),
                "27 characters",
            ),
        ] {
            let error = args(name, code).publisher().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
