//! template.yaml, as far as one machine needs it: which path leads to which function, and the usage plans.
//!
//! A route that is missing in the template is missing here, and a figure that is changed there is changed
//! here. CloudFormation's `!Ref` to a parameter is read as the parameter's default.

use std::collections::BTreeMap;

use serde_json::Value;

/// A usage plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Requests a second, on average.
    pub rate: u64,
    /// Requests at once.
    pub burst: u64,
    /// Requests a day (UTC), where there is a quota.
    pub quota: Option<u64>,
}

/// What API Gateway says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The template.
pub struct Template {
    routes: matchit::Router<(String, String)>,
    /// Every route: the path as the template writes it, and the function's binary.
    pub paths: Vec<(String, String)>,
    /// The plan of a tenant.
    pub tenant_plan: Plan,
    /// The plan of those without a valid credential.
    pub anonymous_plan: Plan,
    /// Which records of the table's stream a function is invoked with, in Lambda's filter language.
    pub stream_filters: Vec<Value>,
    /// How long a message of the queue that was not worked on is out of sight, in seconds.
    pub out_of_sight: i64,
    /// Whether bodies go through as bytes, whatever they are.
    pub is_binary: bool,
    responses: BTreeMap<String, GatewayResponse>,
}

/// The template this program was built with.
pub const BUILT_IN: &str = include_str!("../../../template.yaml");

impl Template {
    /// From a template's text.
    ///
    /// # Errors
    ///
    /// What is missing in it.
    pub fn read(text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error };
        let root: Value =
            serde_saphyr::from_str_with_options(text, options).map_err(|e| format!("template.yaml: {e}"))?;
        let resources = root["Resources"].as_object().ok_or("template.yaml has no resources")?;
        let mut routes = matchit::Router::new();
        let mut paths = Vec::new();
        let mut stream_filters = Vec::new();
        for function in resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function") {
            let binary =
                function["Metadata"]["BuildProperties"]["Binary"].as_str().ok_or("a function names no binary")?;
            for event in function["Properties"]["Events"].as_object().into_iter().flat_map(|events| events.values()) {
                if event["Type"] == "DynamoDB" {
                    stream_filters.extend(filters(&event["Properties"])?);
                }
                if event["Type"] != "Api" {
                    continue;
                }
                let path = event["Properties"]["Path"].as_str().ok_or("an event has no path")?;
                // API Gateway writes a greedy parameter `{proxy+}`, the router `{*proxy}`.
                let route = path.replace("{proxy+}", "{*proxy}");
                routes.insert(route, (path.to_owned(), binary.to_owned())).map_err(|e| format!("{path}: {e}"))?;
                paths.push((path.to_owned(), binary.to_owned()));
            }
        }
        let plan = |name: &str| {
            read_plan(&root, &root["Resources"][name]["Properties"])
                .ok_or(format!("template.yaml: {name} is incomplete"))
        };
        let responses = &root["Resources"]["Api"]["Properties"]["GatewayResponses"];
        let responses =
            responses.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), read_response(value)));
        let binary = root["Resources"]["Api"]["Properties"]["BinaryMediaTypes"].as_array();
        Ok(Self {
            // SAM's way to write `*/*`.
            is_binary: binary.is_some_and(|types| types.iter().any(|one| one == "*~1*")),
            tenant_plan: plan("TenantPlan")?,
            anonymous_plan: plan("AnonymousPlan")?,
            responses: responses.collect(),
            routes,
            paths,
            stream_filters,
            out_of_sight: root["Resources"]["WebhookQueue"]["Properties"]["VisibilityTimeout"].as_i64().unwrap_or(30),
        })
    }

    /// The route of a path: as the template writes it, the function's binary, and what `{proxy+}` is.
    pub fn route(&self, path: &str) -> Option<(&str, &str, Option<String>)> {
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let found = self.routes.at(path).ok()?;
        let proxy = found.params.get("proxy").map(str::to_owned);
        Some((&found.value.0, &found.value.1, proxy))
    }

    /// What API Gateway says itself in a case such as `THROTTLED`.
    pub fn response(&self, name: &str) -> GatewayResponse {
        self.responses.get(name).cloned().unwrap_or(GatewayResponse {
            status: 500,
            headers: Vec::new(),
            body: "{}".into(),
        })
    }
}

/// A value, or the default of the parameter it refers to.
fn resolved<'r>(root: &'r Value, value: &'r Value) -> &'r Value {
    let parameter = value.as_str().and_then(|name| root["Parameters"].get(name));
    parameter.map_or(value, |parameter| &parameter["Default"])
}

/// The filters of an event source.
fn filters(source: &Value) -> Result<Vec<Value>, String> {
    let patterns = source["FilterCriteria"]["Filters"].as_array().into_iter().flatten();
    let read = |one: &Value| serde_json::from_str(one["Pattern"].as_str().unwrap_or_default());
    patterns.map(|one| read(one).map_err(|e| format!("a filter is no JSON: {e}"))).collect()
}

fn read_plan(root: &Value, plan: &Value) -> Option<Plan> {
    let number = |value: &Value| resolved(root, value).as_u64();
    Some(Plan {
        rate: number(&plan["Throttle"]["RateLimit"])?,
        burst: number(&plan["Throttle"]["BurstLimit"])?,
        quota: number(&plan["Quota"]["Limit"]),
    })
}

fn read_response(value: &Value) -> GatewayResponse {
    let headers = value["ResponseParameters"]["Headers"].as_object().into_iter().flatten();
    let headers = headers
        .filter_map(|(name, text)| Some((name.to_ascii_lowercase(), text.as_str()?.trim_matches('\'').to_owned())));
    GatewayResponse {
        status: value["StatusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(400),
        headers: headers.collect(),
        body: value["ResponseTemplates"]["application/json"].as_str().unwrap_or("{}").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_leads_where_it_says() {
        let template = Template::read(BUILT_IN).unwrap();
        let route =
            |path| template.route(path).map(|(route, binary, proxy)| (route.to_owned(), binary.to_owned(), proxy));
        assert_eq!(
            route("/api/clients/42"),
            Some(("/api/clients/{proxy+}".into(), "customers".into(), Some("42".into())))
        );
        assert_eq!(route("/api/"), Some(("/api".into(), "rpc".into(), None)));
        assert_eq!(route("/api/v1/nope").map(|(_, binary, _)| binary), Some("rpc".into()));
        assert!(template.tenant_plan.rate > 0 && template.tenant_plan.quota.is_some());
        assert_eq!(template.response("THROTTLED").status, 429);
        assert_eq!((template.stream_filters.len(), template.out_of_sight), (2, 180));
        assert_eq!(route("/api/v2/invoices/7/pdf").map(|(_, binary, _)| binary), Some("printing".into()));
        assert_eq!(
            route("/api/v2/invoices/7/x/y"),
            Some(("/api/v2/invoices/{id}/{proxy+}".into(), "invoices".into(), Some("x/y".into())))
        );
        assert!(template.is_binary);
    }
}
