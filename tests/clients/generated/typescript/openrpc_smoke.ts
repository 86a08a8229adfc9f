import type { Methods } from './openrpc';
import { Client, Refused } from './rpc';
import { address, check, counted, smoke, sum, sumText } from './smoke';

class Counted extends Client {
  override call<Name extends keyof Methods>(method: Name, params: Methods[Name]['params']) {
    return super.call(counted(method), params);
  }
}

const refusal = (call: Promise<unknown>): Promise<Refused> =>
  call.then(
    () => Promise.reject(new Error('not refused')),
    (error) => (error instanceof Refused ? error : Promise.reject(error)),
  );

smoke('openrpc', async () => {
  const { token } = await new Counted(address, {}).call('iam.auth.jwt.authenticate', { login: 'admin', password: 'correct horse' });
  const client = new Counted(address, { Authorization: `Bearer ${token}` });

  const { id } = await client.call('clients.create', { name: 'Typed & Søn', companies_id: 1, currencies_id: 1, credit: sum });
  const read = await client.call('clients.get', { id });
  check([read.name, String(read.credit)], ['Typed & Søn', sumText], 'read back, with every digit of money');
  const list = await client.call('clients.search', { limit: 5, offset: 45, status: ['active'], order: ['id'] });
  check(list.map((one) => one.id), [46, 47, 48, id], 'the last page');
  check(await client.call('clients.update', { id, credit: 900.1 }), true, 'changed');
  check((await client.call('clients.get', { id })).credit, 900.1, 'as changed');

  const refused = await refusal(client.call('clients.create', { name: '', companies_id: 1, currencies_id: 77 }));
  check([refused.code, Object.keys(refused.data as object)], [-32602, ['name', 'currencies_id']], 'faults by their fields');
  check(await client.call('clients.delete', { id }), 1, 'deleted');
  check((await refusal(client.call('clients.get', { id }))).code, -32001, 'gone');
  check((await refusal(new Counted(address, {}).call('clients.get', { id }))).code, -32003, 'nobody');
});
