import {
  authJwtAuthenticate, clientsCreate, clientsDelete, clientsGet, clientsList, clientsUpdate,
} from './jerasoft';
import { client } from './jerasoft/client.gen';
import { address, bad, check, counted, good, smoke, sum, sumText } from './smoke';

smoke('jerasoft', async () => {
  client.interceptors.request.use(counted);
  client.setConfig({ baseUrl: address });
  const { token } = good(await authJwtAuthenticate({ body: { login: 'admin', password: 'correct horse' } }));
  client.setConfig({ auth: ({ scheme }) => (scheme === 'bearer' ? token : undefined) });

  const made = good(await clientsCreate({ body: { name: 'Typed & Søn', companies_id: 1, currencies_id: 1, credit: sum } }));
  const path = { id: made.id };
  const read = good(await clientsGet({ path }));
  check([read.name, String(read.credit)], ['Typed & Søn', sumText], 'read back, with every digit of money');
  const list = good(await clientsList({ query: { limit: 5, offset: 45, status: ['active'], order: ['id'] } }));
  check(list.map((one) => one.id), [46, 47, 48, made.id], 'the last page');
  check(good(await clientsUpdate({ path, body: { credit: 900.1 } })), true, 'changed');
  check(good(await clientsGet({ path })).credit, 900.1, 'as changed');

  // A key says the same as a token.
  client.setConfig({ auth: ({ name }) => (name === 'X-Api-Key' ? 'demo-admin-key' : undefined) });
  const { error } = bad(await clientsCreate({ body: { name: '', companies_id: 1, currencies_id: 77 } }), 400);
  if (typeof error !== 'object') {
    throw new Error('an error without its parts');
  }
  check([error.message, Object.keys(error.data ?? {})], ['Invalid request', ['name', 'currencies_id']], 'faults by their fields');
  check(good(await clientsDelete({ path })), 1, 'deleted');
  bad(await clientsGet({ path }), 404);
});
