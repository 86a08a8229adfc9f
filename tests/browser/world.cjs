// Something to look at: invoices, payments and expenses of the demo tenant. And stand-ins for what a server may lack.

const { ask, must } = require("./browser.cjs");

/** Invoices over four months, paid, unpaid, overdue and in yen; payments and expenses. */
async function furnish(address) {
  const make = async (path, body) => {
    const made = await ask(address, "POST", `/api/v2/${path}`, { body });
    must(made.status === 201, `${path}: ${JSON.stringify(made.json)}`);
    return made.json.data;
  };
  const invoice = (customer_id, date, items, more = {}) => make("invoices", { customer_id, date, items, ...more });
  const line = (description, amount, more = {}) => ({ description, amount, qty: 1, ...more });
  await make("exchange-rates", { from: "USD", to: "JPY", rate: "150.25", date: "2026-01-01" });
  const first = await invoice(
    42,
    "2025-11-15",
    [line("Hosting, a year", 1200, { taxes: ["SGST", "CGST"], billing_cycle: "Annually", period_start: "2025-11-15" })],
    { due_date: "2025-12-15", notes: "Thank you." },
  );
  const second = await invoice(3, "2026-01-10", [line("Design", "3400.50"), line("Domain", 14, { qty: 2 })], {
    due_date: "2026-02-10",
  });
  await invoice(7, "2026-02-01", [line("Support", 45000)], { currency: "JPY", due_date: "2026-03-10" });
  await invoice(
    9,
    "2026-02-15",
    [
      line("Hosting, half a year", 600, {
        taxes: ["SGST", "CGST"],
        billing_cycle: "Semi-Annually",
        period_start: "2026-02-15",
      }),
    ],
    { due_date: "2026-03-15" },
  );
  for (let customer = 11; customer <= 30; customer += 1) {
    await invoice(customer, `2026-02-2${customer % 9}`, [line("Hosting, a month", `${customer * 7}.50`)]);
  }
  await make("receipts", {
    customer_id: 42,
    account_id: 1,
    amount: 1416,
    invoice_id: first.id,
    date: "2025-12-10",
    method: "wire",
    reference: "8841",
  });
  await make("receipts", { customer_id: 3, account_id: 1, amount: "1000", invoice_id: second.id, date: "2026-02-01" });
  for (const [amount, date] of [
    ["310.20", "2026-01-31"],
    ["290.00", "2026-02-28"],
  ]) {
    await make("transactions", { type: "Expense", account_id: 1, amount, description: "Server rent", date });
  }
  return { paid: first, partly: second };
}

const missing = async (address, path) => (await ask(address, "GET", path)).status === 404;

/** Webhooks, imitated in the browser where the server has none. Answers whether they are. */
async function imitateWebhooks(page, address) {
  if (!(await missing(address, "/api/v2/webhooks"))) return false;
  console.log("      WEBHOOKS ARE IMITATED: this server has none");
  const at = "2026-03-01T12:00:00Z";
  const hooks = [];
  const sent = [];
  const list = (all) => ({ data: all, meta: { current_page: 1, total_pages: 1, total_records: all.length } });
  await page.route(/\/api\/v2\/webhooks/, async (route) => {
    const request = route.request();
    const { pathname, searchParams } = new URL(request.url());
    const [id, part, delivery, act] = pathname.split("/").slice(4);
    const body = request.postDataJSON() ?? {};
    const answer = (status, said) => route.fulfill({ status, json: { success: status < 400, ...said } });
    const hook = hooks.find((one) => one.id === Number(id));
    if (id === undefined && request.method() === "POST") {
      if (!/^https?:/.test(body.url))
        return answer(422, { message: "Validation failed", errors: { url: "Url must be a public https address" } });
      hooks.push({
        id: hooks.length + 1,
        active: true,
        description: null,
        disabled_reason: null,
        created_at: at,
        updated_at: at,
        ...body,
      });
      return answer(201, { data: { ...hooks.at(-1), secret: "whsec_imitated" }, message: "Webhook created" });
    }
    if (id === undefined) return answer(200, list(hooks));
    if (hook === undefined) return answer(404, { message: "Resource not found", error_code: "RES_001" });
    if (part === undefined) return answer(200, { data: Object.assign(hook, body) });
    if (part === "rotate") return answer(200, { data: { ...hook, secret: "whsec_rotated" } });
    if (part === "replay") return answer(200, { data: { replayed: sent.length, complete: true, next: null } });
    if (part === "test") {
      const attempts = [{ at, status_code: 503, error: "HTTP 503", duration_ms: 84 }];
      sent.unshift({
        id: `msg_${sent.length + 1}`,
        event: "webhook.test",
        object: "webhook",
        object_id: hook.id,
        sequence: sent.length + 1,
        status: "dead",
        attempts,
        next_attempt_at: null,
        created_at: at,
        delivered_at: null,
      });
      return answer(200, { data: sent[0] });
    }
    const wanted = searchParams.get("status");
    if (delivery === undefined) return answer(200, list(sent.filter((one) => !wanted || one.status === wanted)));
    const one = sent.find((each) => each.id === delivery);
    if (act === "replay") Object.assign(one, { status: "pending", next_attempt_at: at });
    return answer(200, { data: { ...one, payload: { id: one.id, event: one.event } } });
  });
  return true;
}

/** The API's documents, imitated in the browser where the server has none. Answers whether they are. */
async function imitateDocuments(page, address) {
  if (!(await missing(address, "/api/v2/openapi.json"))) return false;
  console.log("      THE API'S DOCUMENTS ARE IMITATED: this server has none");
  const openapi = (title, path, scheme, verb = "get") => ({
    openapi: "3.1.0",
    info: { title, version: "1" },
    servers: [{ url: "/" }],
    security: [{ credential: [] }],
    components: { securitySchemes: { credential: scheme } },
    paths: {
      [path]: {
        [verb]: {
          operationId: "list",
          tags: ["customers"],
          summary: "List customers",
          responses: { 200: { description: "OK", content: { "application/json": { schema: { type: "object" } } } } },
          parameters: [{ name: "limit", in: "query", schema: { type: "integer" } }],
        },
      },
    },
  });
  const header = (name) => ({ type: "apiKey", in: "header", name });
  const bearer = { type: "http", scheme: "bearer" };
  const documents = {
    "/api/v2/openapi.json": openapi("CloudOnex", "/api/v2/customers", bearer),
    "/api/openapi.json": openapi("JeraSoft", "/api/clients", header("X-Api-Key")),
    "/api/v2/racknap/openapi.json": openapi("RackNap", "/api/v2/invoice/list", header("Validate"), "post"),
    "/api/v1/openapi.json": openapi("Billmora", "/api/v1/users", bearer),
    "/api/openrpc.json": {
      openrpc: "1.3.2",
      info: { title: "JSON-RPC", version: "1" },
      methods: [
        {
          name: "clients.get",
          summary: "A client",
          params: [{ name: "id", required: true, schema: { type: "integer" } }],
          result: { name: "client", schema: {} },
        },
      ],
    },
  };
  await page.route(/\/open(api|rpc)\.json$/, (route) =>
    route.fulfill({ json: documents[new URL(route.request().url()).pathname] }),
  );
  return true;
}

module.exports = { furnish, imitateDocuments, imitateWebhooks };
