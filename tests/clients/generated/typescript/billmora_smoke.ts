import {
  invoicesCreate, invoicesGet, usersCreate, usersDelete, usersGet, usersList, usersUpdate,
} from './billmora';
import { client } from './billmora/client.gen';
import { address, bad, check, counted, good, smoke, sum, sumText } from './smoke';

smoke('billmora', async () => {
  client.interceptors.request.use(counted);
  client.setConfig({ baseUrl: address, auth: '1|demoDemoDemoDemoDemoDemoDemoDemoDemoDemo73a1c0de' });

  const user = { first_name: 'Typed', last_name: 'Søn', email: 'typed@x.example', password: 'correct horse' };
  const path = { id: good(await usersCreate({ body: user })).data.id };
  check(good(await usersGet({ path })).data.fullname, 'Typed Søn', 'read back');
  const page = good(await usersList({ query: { page: '2', per_page: '20' } }));
  check([page.data.length, page.meta.current_page, page.meta.total], [20, 2, 49], 'the second page');
  check(page.links.prev === null, false, 'a page before it');
  check(good(await usersUpdate({ path, body: { last_name: 'Sen' } })).data.last_name, 'Sen', 'changed');

  const items = [{ description: 'Exact', quantity: 1, unit_price: sum }];
  const invoice = good(await invoicesCreate({ body: { user_id: 41, due_date: '2026-04-01', items } })).data;
  check(good(await invoicesGet({ path: { id: invoice.id } })).data.total, sumText, 'every digit of money');

  const refused = bad(await usersCreate({ body: { ...user, email: 'nobody', first_name: '' } }), 422);
  check(Object.keys(refused.errors ?? {}).sort(), ['email', 'first_name'], 'faults by their fields');
  check((refused.errors?.['email'] ?? []).length, 1, 'words for each');
  check(typeof good(await usersDelete({ path })).message, 'string', 'deleted');
  bad(await usersGet({ path }), 404);
});
