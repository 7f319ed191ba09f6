//! Whether mail can leave. Greets the mail server and sends nothing.

use std::time::Duration;

use guildhall_server::config::Config;
use guildhall_server::mail::MailTransport;

use super::Finding;
use crate::verb::serve::runtime;

const WITHIN: Duration = Duration::from_secs(10);

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let Some(url) = &config.smtp else {
        let folder = config.outbox_path();
        return vec![Finding::warn(
            "mail",
            format!("no mail server is set: mail is written to `{}`", folder.display()),
            "set `smtp`, for example `smtps://user:password@mail.example.com`",
        )];
    };
    let greeted = runtime().map_err(|failure| failure.to_string()).and_then(|runtime| {
        runtime.block_on(async {
            let transport = MailTransport::smtp(url, &config.mail_from, WITHIN).map_err(|error| error.to_string())?;
            transport.greet().await.map_err(|error| error.to_string())
        })
    });
    vec![match greeted {
        Ok(()) if sender_is_default(config) => Finding::warn(
            "mail",
            "the mail server answers, but the sender is still the default",
            "set `mail_from` to an address of yours that may send",
        ),
        Ok(()) => Finding::ok("mail", "the mail server answers"),
        Err(detail) => {
            Finding::fail("mail", detail, "check `smtp`: host, port, `smtps` or `?tls=required`, user, password")
        }
    }]
}

fn sender_is_default(config: &Config) -> bool {
    config.mail_from.contains("@localhost")
}
