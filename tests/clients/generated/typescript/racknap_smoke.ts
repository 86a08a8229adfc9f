import {
  authToken, invoiceList, serviceCreate, serviceList, serviceSuspend, serviceTerminate, serviceUnsuspend,
} from './racknap';
import { client } from './racknap/client.gen';
import { address, bad, check, counted, good, smoke } from './smoke';

smoke('racknap', async () => {
  client.interceptors.request.use(counted);
  client.setConfig({ baseUrl: address });
  check(bad(await serviceList(), 401).error_code, 1001, 'no token');
  const session = good(await authToken({ body: { username: 'admin', password: 'correct horse' } })).data;
  client.setConfig({ auth: `${session.token_type} ${session.token}` });

  const service = {
    customer_id: 41, quantity: 1, planid: 3, regdate: '23/07/2025', nextduedate: '23/07/2026', billingcycle: 'Annually',
    plan_billing_cycle: 'Annually', amount: 1234567.89, recuring_amount: 1234567.89, first_plan_price: 1234567.89,
    recuring_plan_price: 1234567.89, firstpayment: 1234567.89,
  };
  const { serviceid } = good(await serviceCreate({ body: service })).data;
  const now = async () => good(await serviceList({ body: { customer_id: '41', page: 1, limit: 10 } })).data;
  const [read] = await now();
  check([read?.serviceid, read?.recuring_amount], [serviceid, '1234567.89'], 'read back, money as text');
  check(good(await serviceList({ body: { page: 2, limit: 10 } })).data, [], 'an empty page');

  const body = { serviceid, reason: 'asked' };
  for (const [move, status] of [
    [serviceSuspend, 'Suspended'], [serviceUnsuspend, 'Active'], [serviceTerminate, 'Terminated'],
  ] as const) {
    check(good(await move({ body })).status, 'Success', status);
    check((await now())[0]?.status, status, 'as it now is');
  }
  const refused = bad(await invoiceList({ body: { startdate: '2019-12-04' } }), 400);
  check([refused.status, refused.error_code], ['Error', 2002], 'a date in another form');
});
