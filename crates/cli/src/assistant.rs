//! The provider that is asked for drafts of replies, where the settings file names one and an administrator of the tenant turns it on.

use crate::carriers::secret;
use crate::failure::bad_input;
use aftercare_app::assistant::Endpoint;
use aftercare_app::limits::{GATEWAY_KEY_BYTES_MAX, PROVIDER_PATIENCE};
use aftercare_outbound::{Client, Settings, networks};
use anyhow::Context as _;
use serde::Deserialize;
use std::path::PathBuf;

/// The table `[assistant]` of the settings file (docs/ASSISTANT.md).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistantFile {
    /// Where it is asked, such as `https://model.example/v1/chat/completions`.
    url: String,
    /// The file with its key.
    key: PathBuf,
    /// The model that is asked for.
    model: String,
    /// Networks in which it may be although they are not public, also without encryption.
    #[serde(default)]
    network: Vec<String>,
}

impl AssistantFile {
    /// The provider, ready to be asked; nothing is sent yet.
    ///
    /// # Errors
    /// Bad input: what cannot be read, an address that is none, a key that does not fit into a header.
    pub fn endpoint(self) -> anyhow::Result<Endpoint> {
        let allowed = networks(&self.network.join(","))
            .map_err(|error| bad_input(format!("[assistant] network: {error}")))?;
        let client = Client::new(&Settings {
            allowed,
            patience: Some(PROVIDER_PATIENCE),
            ..Settings::default()
        })
        .map_err(anyhow::Error::msg)
        .context("the provider of drafts")?;
        let key = secret(&self.key, GATEWAY_KEY_BYTES_MAX)?;
        Endpoint::new(client, &self.url, &key, &self.model)
            .map_err(|error| bad_input(format!("[assistant] {}: {error}", self.url)))
    }
}

#[cfg(test)]
mod tests {
    use super::AssistantFile;

    fn read(url: &str, key: &str, network: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, key).unwrap();
        let text = format!(
            "url = \"{url}\"\nkey = '{}'\nmodel = \"small\"\nnetwork = [{network}]",
            path.display()
        );
        let file: AssistantFile = toml::from_str(&text).unwrap();
        file.endpoint()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_is_sent() {
        let url = "https://model.example/v1/chat/completions";
        assert_eq!(read(url, "invented-key\n", ""), Ok(()));
        assert_eq!(read(url, "invented-key", "\"10.0.0.0/8\""), Ok(()));
        for (url, key, network, says) in [
            ("model.example", "key", "", "model.example"),
            (url, " ", "", "the key of the provider"),
            (url, "two words", "", "the key of the provider"),
            (url, "key", "\"home\"", "home"),
        ] {
            let error = read(url, key, network).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let unknown =
            toml::from_str::<AssistantFile>("url = \"\"\nkey = \"\"\nmodel = \"\"\ntoken = \"\"");
        assert!(unknown.is_err(), "a key of the file that there is not");
    }
}
