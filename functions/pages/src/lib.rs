//! The console at `/console`, the API reference at `/api/docs` and the API documents: files, and a function from a request to one of them.
//! It needs no table and no secret. The pages talk to the API from the browser, as any other client does.
//!
//! Only text is served: a binary answer would have to be announced to API Gateway for the whole API.

mod files;

use shared::machinery::request::{Request, Response};

use crate::files::{FILES, File};

/// What a page may do: load and ask what comes from this very host, and nothing else. No inline script or style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
/// A page is asked for anew each time, which costs a tag where it has not changed.
const ANEW: &str = "no-cache";
/// What has a version in its address never changes.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The answer to a request for a page or a part of one.
pub fn answer(request: &Request) -> Response {
    let mut response = found(request);
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        response = response.with(name, value);
    }
    if request.verb == "HEAD" {
        response.body.clear();
    }
    response
}

fn found(request: &Request) -> Response {
    if !["GET", "HEAD"].contains(&request.verb.as_str()) {
        return plain(405, "Only GET and HEAD are allowed here.").with("allow", "GET, HEAD");
    }
    if let Some(document) = FILES.documents.get(&request.path) {
        return served(request, document, ANEW);
    }
    let (page, name, path) = match (request.path.strip_prefix("/console"), request.path.strip_prefix("/api/docs")) {
        (Some(rest), _) => (&FILES.console, "console", rest),
        (_, Some(rest)) => (&FILES.reference, "docs", rest),
        (None, None) => return nothing(),
    };
    match path {
        "" => served(request, page, ANEW),
        // The pages' own links are relative, so that they hold below a stage's name too: no slash may follow.
        "/" => Response { status: 308, ..Response::default() }.with("location", format!("../{name}")),
        _ => match path.strip_prefix('/').and_then(|name| FILES.parts.get(name)) {
            Some(part) => served(request, part, FOR_GOOD),
            None => nothing(),
        },
    }
}

fn served(request: &Request, file: &File, kept: &str) -> Response {
    let response = if request.has_already(&file.tag) {
        Response { status: 304, ..Response::default() }
    } else {
        let body = file.text.clone().into_bytes();
        Response { status: 200, body, ..Response::default() }.with("content-type", file.media)
    };
    response.with("etag", &file.tag).with("cache-control", kept)
}

fn nothing() -> Response {
    plain(404, "There is no such page. The console is at /console, the API reference at /api/docs.")
}

fn plain(status: u16, text: &str) -> Response {
    let body = format!("{text}\n").into_bytes();
    let response = Response { status, body, ..Response::default() };
    response.with("content-type", "text/plain; charset=utf-8").with("cache-control", ANEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(verb: &str, path: &str, tag: Option<&str>) -> Response {
        let headers = tag.map(|tag| ("if-none-match".to_owned(), tag.to_owned())).into_iter().collect();
        answer(&Request { verb: verb.into(), path: path.into(), headers, ..Request::default() })
    }

    fn text(response: &Response) -> &str {
        std::str::from_utf8(&response.body).unwrap()
    }

    /// The relative addresses that an attribute of a page names, as paths on the host.
    fn named(page: &str, below: &str) -> Vec<String> {
        let after = |attribute: &'static str| page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        let all = after("href=\"").chain(after("src=\"")).filter(|one| one.contains('/') && !one.starts_with(".."));
        all.map(|one| format!("{below}{one}")).collect()
    }

    #[test]
    fn a_page_and_all_that_it_loads_are_there() {
        let mut count = 0;
        for (path, below) in [("/console", "/"), ("/api/docs", "/api/")] {
            let page = ask("GET", path, None);
            assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
            assert_eq!(page.header("cache-control"), Some(ANEW));
            let text = text(&page);
            assert!(!text.contains("{version}") && !text.contains("<style") && !text.contains("://"), "{path}");
            for part in named(text, below) {
                let part = ask("GET", &part, None);
                assert_eq!((part.status, part.header("cache-control")), (200, Some(FOR_GOOD)), "{path}");
                count += 1;
            }
        }
        assert!(count >= 9, "{count}");
    }

    #[test]
    fn a_module_imports_only_what_is_there() {
        let mut imports = 0;
        for (name, file) in FILES.parts.iter().filter(|(name, _)| name.ends_with(".js") && !name.starts_with("swagger"))
        {
            let (version, _) = name.split_once('/').unwrap();
            for imported in file.text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(FILES.parts.contains_key(&format!("{version}/{imported}")), "{name} imports {imported}");
                imports += 1;
            }
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!file.text.contains(word), "{name} has {word}: what comes from the API must stay text");
            }
        }
        assert!(imports > 30, "{imports}");
    }

    #[test]
    fn what_has_not_changed_is_not_sent_again() {
        for (path, _) in FILES
            .parts
            .iter()
            .map(|(name, file)| (format!("/console/{name}"), file))
            .chain([("/console".to_owned(), &FILES.console), ("/api/docs".to_owned(), &FILES.reference)])
        {
            let first = ask("GET", &path, None);
            let tag = first.header("etag").unwrap();
            for sent in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                let again = ask("GET", &path, Some(&sent));
                assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)), "{path}");
            }
            assert_eq!(ask("GET", &path, Some("\"another\"")).body, first.body);
            let head = ask("HEAD", &path, None);
            assert_eq!((head.status, head.body.len(), &head.headers), (200, 0, &first.headers));
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_same_care() {
        for (verb, path, status) in [
            ("POST", "/console", 405),
            ("OPTIONS", "/api/docs", 405),
            ("GET", "/console/", 308),
            ("GET", "/api/docs/", 308),
            ("GET", "/console/nothing.js", 404),
            ("GET", "/console/../Cargo.toml", 404),
            ("GET", "/consoles", 404),
            ("GET", "/api/docs/swagger-ui-5.35.0/", 404),
            ("GET", "/", 404),
        ] {
            let response = ask(verb, path, None);
            assert_eq!(response.status, status, "{verb} {path}");
            assert_eq!(response.header("content-security-policy"), Some(POLICY), "{verb} {path}");
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{verb} {path}");
            assert_eq!(response.header("allow").is_some(), status == 405, "{verb} {path}");
        }
        assert_eq!(ask("GET", "/console/", None).header("location"), Some("../console"));
        assert_eq!(ask("GET", "/api/docs/", None).header("location"), Some("../docs"));
    }

    /// Lambda returns 6 MB at most, and what it returns is JSON: quotes and line breaks take two bytes there.
    #[test]
    fn the_largest_file_fits_an_answer() {
        let escaped = |text: &str| text.len() + text.matches(['"', '\\', '\n', '\t']).count();
        let largest = FILES.parts.values().map(|file| escaped(&file.text)).max().unwrap();
        println!("the largest file is {largest} bytes in an answer");
        assert!(largest < shared::machinery::request::LARGEST_ANSWER);
    }
}
