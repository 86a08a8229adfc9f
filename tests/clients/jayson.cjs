// jayson against Tessera's JSON-RPC: single calls, batches, notifications, and how it sees errors.
//
//   NODE_PATH=…/node_modules node jayson.cjs http://127.0.0.1:8080

'use strict';

const assert = require('node:assert/strict');
const jayson = require('jayson/promise');
const { version } = require('jayson/package.json');

const address = new URL(process.argv[2]);
let checks = 0;
const check = (said, expected, what) => {
  assert.deepEqual(said, expected, what);
  checks += 1;
};

const client = (headers) =>
  jayson.Client.http({ hostname: address.hostname, port: address.port, path: '/api/', headers });
const keyed = client({ 'X-Api-Key': 'demo-admin-key' });

// A batch as jayson's callers see it: errors and results apart.
const batched = (calls) =>
  new Promise((resolve, reject) => {
    const plain = require('jayson').Client.http(keyed.options);
    plain.request(calls, (error, errors, results) => (error ? reject(error) : resolve({ errors, results })));
  });
const call = (method, params, id) => keyed.request(method, params, id, false);

async function main() {
  // Single calls. jayson makes ids of its own (UUIDs) and wants them back.
  const asked = call('clients.get', { id: 42 });
  const read = await keyed.request('clients.get', { id: 42 });
  check(read.jsonrpc, '2.0', 'the version of an answer');
  check(typeof read.id, typeof asked.id, 'a text id stays a text');
  check(read.result.id, 42, 'the client that was asked for');
  check((await keyed.request('clients.get', { id: 42 }, 7)).id, 7, 'a number as an id');
  check((await keyed.request('clients.get', { id: 42 }, 'a7')).id, 'a7', 'a text as an id');
  check((await keyed.request('clients.search', undefined, 1)).result.length, 20, 'a list without parameters has 20 rows');

  const made = await keyed.request('clients.create', { name: 'Jay & Søn "ApS"', companies_id: 1, currencies_id: 1 });
  check(made.result.name, 'Jay & Søn "ApS"', 'what is not ASCII');
  const id = made.result.id;
  check((await keyed.request('clients.update', { id, credit: 900 })).result, true, 'an update says true');

  // Errors are answers, not exceptions, but for a wrong key.
  const refused = await keyed.request('clients.create', { name: '', companies_id: 1, currencies_id: 77 });
  check(refused.error.code, -32602, 'invalid parameters');
  check(Object.keys(refused.error.data), ['name', 'currencies_id'], 'every fault at once');
  check((await keyed.request('clients.get', { id: 4242 })).error.code, -32001, 'what is not there');
  check((await keyed.request('no.such', {})).error.code, -32601, 'no such method');
  check((await keyed.request('clients.get', [42])).error.code, -32602, 'parameters by position');
  await assert.rejects(client({ 'X-Api-Key': 'wrong' }).request('clients.get', { id: 42 }), { code: 401 });
  checks += 1;

  // Notifications: an answer without a body, and the thing is done.
  check(await keyed.request('clients.update', { id, notes: 'told' }, null), undefined, 'nothing is said');
  check((await keyed.request('clients.get', { id })).result.notes, 'told', 'and it is done');

  // Batches: in order, each for itself, told calls are not answered.
  const both = await batched([
    call('clients.update', { id, credit: 500 }, 'one'),
    call('clients.update', { id, notes: 'told in a batch' }, null),
    call('no.such', {}, 'two'),
    call('clients.get', { id }, 'three'),
  ]);
  check(both.errors.map((answer) => answer.id), ['two'], 'the one that failed');
  check(both.results.map((answer) => answer.id), ['one', 'three'], 'the two that did not');
  check(both.results[1].result.credit, 500, 'in order');
  check(both.results[1].result.notes, 'told in a batch', 'the told one too');
  const told = [call('clients.update', { id, notes: 'a' }, null), call('clients.update', { id, notes: 'b' }, null)];
  check(await keyed.request(told), undefined, 'only told: no answer at all');
  check((await keyed.request('clients.get', { id })).result.notes, 'b', 'both done, in order');

  // Signing in, and going on with the token.
  const signed = await client({}).request('iam.auth.jwt.authenticate', { login: 'admin', password: 'correct horse' });
  const bearer = client({ Authorization: `Bearer ${signed.result.token}` });
  check((await bearer.request('clients.get', { id })).result.id, id, 'with a token');
  check(typeof (await bearer.request('iam.auth.jwt.refresh', undefined, undefined)).result.token, 'string', 'a new one, without parameters');
  const lost = await client({ Authorization: 'Bearer nonsense' }).request('clients.get', { id });
  check(lost.error.code, -32005, 'a token that is none');

  check((await keyed.request('clients.delete', { id })).result, 1, 'rows affected');
  console.log(`jayson ${version}: ${checks} checks`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
