//! From a request's query and body to its parameters.
//!
//! JSON, form and query end in one map of values, bounded in depth and number. Repeated names, names that
//! end in `[]` and names with indexes (`items[0][qty]`) are lists and objects, as PHP's clients write them;
//! no library reads the three spellings of JeraSoft's lists side by side, so it is done here.

use serde_json::{Map, Value};

use crate::machinery::dialect::Dialect;
use crate::machinery::reader::Params;
use crate::machinery::request::Request;
use crate::words::error::{Error, Result, Told};

/// The deepest nesting of a form's names.
const DEEPEST: usize = 8;
/// The most pairs of a query or a form.
const MOST_PAIRS: usize = 10_000;

fn malformed(why: impl Into<String>) -> Error {
    Error::told(Told::Malformed(why.into()))
}

/// A request's parameters, without those in the path. The body's members win over the query's.
pub async fn given(request: &Request, dialect: Dialect) -> Result<Map<String, Value>> {
    let credential = |name: &str| dialect == Dialect::Cloudonex && name == "api_key";
    let pairs = request.query.iter().filter(|(name, _)| !credential(name));
    let mut given = nested(pairs.map(|(name, value)| (name.as_str(), value.as_str())))?;
    given.extend(body(request, dialect).await?);
    if dialect == Dialect::Cloudonex {
        given.shift_remove("api_key");
    }
    Ok(given)
}

async fn body(request: &Request, dialect: Dialect) -> Result<Map<String, Value>> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    // JeraSoft's own examples send JSON that curl labels as a form, so a brace decides there.
    let looks_json = request.body.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'{' | b'['));
    let form = kind.starts_with("application/x-www-form-urlencoded") && !looks_json && dialect != Dialect::Jerasoft;
    if form {
        return nested(pairs(&text(&request.body)?).iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
    if let Some(boundary) = boundary(request).filter(|_| dialect != Dialect::Jerasoft) {
        let pairs = parts(&request.body, boundary).await?;
        return nested(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
    match json(&request.body)? {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        _ => Err(malformed("the body must be a JSON object")),
    }
}

/// The boundary of a `multipart/form-data` body.
fn boundary(request: &Request) -> Option<String> {
    multer::parse_boundary(request.header("content-type")?).ok()
}

/// The fields of a multipart body, in order. A part with a file's name is a file, which nothing here takes.
async fn parts(body: &[u8], boundary: String) -> Result<Vec<(String, String)>> {
    let whole = bytes::Bytes::copy_from_slice(body);
    let stream = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(whole)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let broken = |why: multer::Error| malformed(format!("the parts cannot be read: {why}"));
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if pairs.len() >= MOST_PAIRS {
            return Err(malformed(format!("more than {MOST_PAIRS} parameters")));
        }
        let name = field.name().map(str::to_owned).ok_or_else(|| malformed("a part has no name"))?;
        if field.file_name().is_some() {
            return Err(malformed(format!("{name} is a file, and no parameter is one")));
        }
        pairs.push((name, text(&field.bytes().await.map_err(broken)?)?));
    }
    Ok(pairs)
}

/// The members of a JSON or form body, where it is one, whatever the dialect makes of it.
pub(crate) fn plainly(request: &Request) -> Option<Map<String, Value>> {
    match json(&request.body) {
        Ok(Value::Object(members)) => Some(members),
        Ok(_) => None,
        Err(_) => {
            let text = text(&request.body).ok()?;
            nested(pairs(&text).iter().map(|(name, value)| (name.as_str(), value.as_str()))).ok()
        }
    }
}

/// A body as JSON. The parser follows at most 128 levels.
pub fn json(body: &[u8]) -> Result<Value> {
    let text = text(body)?;
    serde_json::from_str(&text)
        .map_err(|e| malformed(format!("not valid JSON at line {} column {}", e.line(), e.column())))
}

fn text(body: &[u8]) -> Result<String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body)
        .map(str::to_owned)
        .map_err(|e| malformed(format!("not valid UTF-8 at byte {}", e.valid_up_to())))
}

/// What a request means, as bytes, for telling whether two are the same.
pub fn meaning(params: &Params) -> Vec<u8> {
    Value::Object(params.given.clone()).to_string().into_bytes()
}

/// The pairs of a form or a query, decoded.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        percent_encoding::percent_decode_str(&part).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn nested<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Map<String, Value>> {
    let mut root = Map::new();
    for (count, (name, value)) in pairs.enumerate() {
        if count >= MOST_PAIRS {
            return Err(malformed(format!("more than {MOST_PAIRS} parameters")));
        }
        let (first, rest) = name.split_once('[').unwrap_or((name, ""));
        let steps: Vec<&str> =
            if rest.is_empty() { Vec::new() } else { rest.trim_end_matches(']').split("][").collect() };
        if steps.len() > DEEPEST {
            return Err(malformed(format!("a parameter is nested deeper than {DEEPEST}")));
        }
        let slot = root.entry(first.to_owned()).or_insert(Value::Null);
        place(slot, &steps, value);
    }
    Ok(root.into_iter().map(|(name, value)| (name, listed(value))).collect())
}

fn place(slot: &mut Value, steps: &[&str], value: &str) {
    let leaf = || Value::String(value.to_owned());
    match (steps.split_first(), &mut *slot) {
        (None | Some((&"", _)), Value::Array(list)) => list.push(leaf()),
        (None, Value::Null) => *slot = leaf(),
        (Some((&"", _)), Value::Null) => *slot = Value::Array(vec![leaf()]),
        (None | Some((&"", _)), _) => *slot = Value::Array(vec![slot.take(), leaf()]),
        (Some((step, rest)), _) => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(members) = slot {
                place(members.entry((*step).to_owned()).or_insert(Value::Null), rest, value);
            }
        }
    }
}

/// Objects whose names are 0, 1, 2, … are lists.
fn listed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let list = members.keys().enumerate().all(|(place, name)| *name == place.to_string());
            if list {
                Value::Array(members.into_iter().map(|(_, value)| listed(value)).collect())
            } else {
                Value::Object(members.into_iter().map(|(name, value)| (name, listed(value))).collect())
            }
        }
        Value::Array(list) => Value::Array(list.into_iter().map(listed).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pairs_become_values() {
        for (form, value) in [
            ("a=1&b=x+y%21", json!({"a": "1", "b": "x y!"})),
            ("a=1&a=2&a=3", json!({"a": ["1", "2", "3"]})),
            ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
            (
                "items[0][qty]=1&items[0][name]=n&items[1][qty]=2",
                json!({"items": [{"qty": "1", "name": "n"}, {"qty": "2"}]}),
            ),
            ("f[x]=1&f[y]=2", json!({"f": {"x": "1", "y": "2"}})),
            ("a", json!({"a": ""})),
            ("", json!({})),
        ] {
            let pairs = pairs(form);
            let read = nested(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))).unwrap();
            assert_eq!(Value::Object(read), value, "{form}");
        }
    }

    #[tokio::test]
    async fn parts_become_values() {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let request = |body: String| Request {
            headers: vec![("content-type".into(), "multipart/form-data; boundary=b".into())],
            body: body.into_bytes(),
            ..Request::default()
        };
        let whole = request(part("items[0][qty]", "1") + &part("items[0][name]", "ü") + "--b--\r\n");
        let read = given(&whole, Dialect::Racknap).await.unwrap();
        assert_eq!(Value::Object(read), json!({"items": [{"qty": "1", "name": "ü"}]}));
        let file = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\n\r\n1\r\n--b--\r\n".to_owned();
        for bad in [file, part("a", "1"), "no parts".into(), "--b\r\n\r\n1\r\n--b--\r\n".into()] {
            assert!(given(&request(bad.clone()), Dialect::Racknap).await.is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_body_is_refused() {
        let read = |bytes: &[u8]| json(bytes).map_err(|e| e.told);
        assert!(matches!(read(b"{\"a\":\xff}"), Err(Told::Malformed(why)) if why.contains("UTF-8")));
        assert!(matches!(read(b"{\"a\":"), Err(Told::Malformed(why)) if why.contains("line 1 column 5")));
        assert!(matches!(read("[".repeat(200).as_bytes()), Err(Told::Malformed(_))));
        assert_eq!(read(b"\xef\xbb\xbf{}"), Ok(json!({})));
        assert_eq!(read(b"{\"a\": 1500.00}").map(|v| v.to_string()), Ok("{\"a\":1500.00}".into()));
    }
}
