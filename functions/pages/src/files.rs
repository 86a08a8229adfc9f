//! The files, which are part of the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use shared::machinery::secrets::sha256;

/// A file as it is served.
pub(crate) struct File {
    /// Its content type.
    pub(crate) media: &'static str,
    /// Its content.
    pub(crate) text: String,
    /// A tag of its content, in quotes.
    pub(crate) tag: String,
}

macro_rules! texts {
    ($($folder:literal: $($name:literal)*;)*) => {
        &[$($(($name, include_str!(concat!("../", $folder, "/", $name))),)*)*]
    };
}

/// What the two pages load, by name.
const PARTS: &[(&str, &str)] = texts! {
    "console":
        "console.css" "mark.svg"
        "api.js" "chart.js" "customers.js" "deliveries.js" "dom.js" "form.js" "format.js" "invoices.js" "keys.js" "main.js"
        "overview.js" "payments.js" "sandbox.js" "sign_in.js" "webhooks.js";
    "reference":
        "reference.css" "reference.js" "rpc.js";
};
/// Swagger UI, by a path that names its version; docs/console.md says how to change it.
const VENDORED: &[(&str, &str)] = texts! {
    "reference":
        "swagger-ui-5.35.0/LICENSE" "swagger-ui-5.35.0/NOTICE" "swagger-ui-5.35.0/swagger-ui.css"
        "swagger-ui-5.35.0/swagger-ui-bundle.js" "swagger-ui-5.35.0/swagger-ui-bundle.js.LICENSE.txt";
};
/// The API documents, where each dialect's clients look for them; a test of the route table writes them.
const DOCUMENTS: &[(&str, &str)] = &[
    ("/api/openapi.json", include_str!("../../../infra/documents/jerasoft.json")),
    ("/api/openrpc.json", include_str!("../../../infra/documents/openrpc.json")),
    ("/api/v1/openapi.json", include_str!("../../../infra/documents/billmora.json")),
    ("/api/v2/openapi.json", include_str!("../../../infra/documents/cloudonex.json")),
    ("/api/v2/racknap/openapi.json", include_str!("../../../infra/documents/racknap.json")),
];
const CONSOLE: &str = include_str!("../console/index.html");
const REFERENCE: &str = include_str!("../reference/index.html");

/// Everything that is served.
pub(crate) struct Files {
    /// The console's page.
    pub(crate) console: File,
    /// The reference's page.
    pub(crate) reference: File,
    /// The API documents, by their paths.
    pub(crate) documents: BTreeMap<String, File>,
    /// What the pages load: what changes from one release to the next below `<version>/`.
    pub(crate) parts: BTreeMap<String, File>,
}

/// Everything that is served, made once in a process.
///
/// The parts stand below a version that is made of all their contents: a browser keeps them for good, a new release has
/// new addresses, and no page ever runs with parts of another release.
pub(crate) static FILES: LazyLock<Files> = LazyLock::new(|| {
    let all: String = PARTS.iter().flat_map(|(name, text)| [*name, *text]).collect();
    let mut version = sha256(all.as_bytes());
    version.truncate(16);
    let parts = PARTS.iter().map(|(name, text)| (format!("{version}/{name}"), file(name, (*text).to_owned())));
    let vendored = VENDORED.iter().map(|(name, text)| ((*name).to_owned(), file(name, (*text).to_owned())));
    let page = |text: &str| file("index.html", text.replace("{version}", &version));
    let documents = DOCUMENTS.iter().map(|(path, text)| ((*path).to_owned(), file(path, (*text).to_owned())));
    let parts = parts.chain(vendored).collect();
    Files { console: page(CONSOLE), reference: page(REFERENCE), documents: documents.collect(), parts }
});

fn file(name: &str, text: String) -> File {
    let mut tag = sha256(text.as_bytes());
    tag.truncate(32);
    File { media: media(name), text, tag: format!("\"{tag}\"") }
}

fn media(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
