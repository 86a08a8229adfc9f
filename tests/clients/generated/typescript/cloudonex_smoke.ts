import {
  customersCreate, customersDelete, customersGet, customersList, customersUpdate, invoicesCreate, invoicesDelete,
  invoicesGet, invoicesPdf,
} from './cloudonex';
import { client } from './cloudonex/client.gen';
import { address, bad, check, counted, good, smoke, sum, sumText } from './smoke';

smoke('cloudonex', async () => {
  client.interceptors.request.use(counted);
  client.setConfig({ baseUrl: address, auth: ({ scheme }) => (scheme === 'bearer' ? 'demo-admin-key' : undefined) });

  const made = good(await customersCreate({ body: { account: 'Typed & Søn', email: 'typed@x.example' } })).data;
  const path = { id: made.id };
  check(good(await customersGet({ path })).data.account, 'Typed & Søn', 'read back');
  const page = good(await customersList({ query: { page: 2, limit: 20 } }));
  if (Array.isArray(page)) {
    throw new Error('a list without an envelope');
  }
  check([page.data.length, page.meta.current_page, page.meta.total_pages], [20, 2, 3], 'the second of three pages');
  check(good(await customersUpdate({ path, body: { city: 'Faro' } })).data.city, 'Faro', 'changed');

  const items = [{ description: 'Exact', amount: sum, qty: 1 }];
  const invoice = good(await invoicesCreate({ body: { customer_id: 41, status: 'Draft', items } })).data;
  check(String(good(await invoicesGet({ path: { id: invoice.id } })).data.amount), sumText, 'every digit of money');
  const paper = good(await invoicesPdf({ path: { id: invoice.id }, parseAs: 'blob' }));
  check(await (paper as Blob).slice(0, 5).text(), '%PDF-', 'a file');
  check(good(await invoicesDelete({ path: { id: invoice.id } })).success, true, 'a draft deleted');

  const refused = bad(await customersCreate({ body: { account: '', email: 'nobody' } }), 422);
  check([refused.success, Object.keys(refused.errors ?? {})], [false, ['account', 'email']], 'faults by their fields');
  check(good(await customersDelete({ path })).success, true, 'deleted');
  check(bad(await customersGet({ path }), 404).success, false, 'gone');
  client.setConfig({ auth: 'wrong' });
  check(bad(await customersGet({ path }), 401).success, false, 'a wrong key');
});
