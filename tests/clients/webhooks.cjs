// What webhooks.py received, checked with the Standard Webhooks specification's own JavaScript library:
//
//   node webhooks.cjs FILE
"use strict";
const fs = require("fs");
const { Webhook } = require("standardwebhooks");

const got = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const accepted = (secret, headers, body) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
let checked = 0;
let rejected = 0;
const must = (fact, what, one) => {
  if (!fact) {
    console.error(what, one);
    process.exit(1);
  }
};
got.forEach((one, place) => {
  const { headers, body } = one;
  for (const secret of one.secrets) {
    must(accepted(secret, headers, body), "not accepted", one);
    checked += 1;
  }
  const secret = one.secrets[0];
  const other = got[(place + 1) % got.length];
  const at = Number(headers["webhook-timestamp"]);
  const bad = {
    "another secret": [one.foreign, headers, body],
    "another body": [secret, headers, body.replace("Customer", "Custodian") + " "],
    "another id": [secret, { ...headers, "webhook-id": other.headers["webhook-id"] + "x" }, body],
    stale: [secret, { ...headers, "webhook-timestamp": String(at - 360) }, body],
    "from the future": [secret, { ...headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000) + 360) }, body],
    "no signature": [secret, { ...headers, "webhook-signature": "" }, body],
    "a signature changed": [secret, { ...headers, "webhook-signature": "v1," + "A".repeat(43) + "=" }, body],
  };
  if (other.body !== body) {
    bad["another message's body"] = [secret, headers, other.body];
  }
  for (const [how, forged] of Object.entries(bad)) {
    must(!accepted(...forged), how, one);
    rejected += 1;
  }
});
console.log(`standardwebhooks (JavaScript): ${got.length} deliveries, ${checked} signatures accepted, ${rejected} forgeries rejected`);
