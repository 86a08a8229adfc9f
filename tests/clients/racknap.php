<?php
// RackNap's Billing API as PHP programs call it: the curl extension, bodies made by http_build_query and by
// arrays (which curl sends as multipart/form-data), answers decoded into arrays.
//
//   php racknap.php http://127.0.0.1:8080

declare(strict_types=1);

$base = $argv[1] . '/api/v2/';
$checks = 0;

function check(mixed $said, mixed $expected, string $what): void
{
    global $checks;
    if ($said !== $expected) {
        fwrite(STDERR, "racknap.php: $what: " . var_export($said, true) . ', not ' . var_export($expected, true) . "\n");
        exit(1);
    }
    $checks++;
}

/** POST a body; an array goes as multipart/form-data, a text as a form. */
function post(string $path, array|string $body, array $headers): array
{
    global $base;
    $curl = curl_init($base . $path);
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
        CURLOPT_HTTPHEADER => $headers,
    ]);
    $said = curl_exec($curl);
    if ($said === false) {
        fwrite(STDERR, "racknap.php: $path: " . curl_error($curl) . "\n");
        exit(1);
    }
    $answer = json_decode($said, true, 64, JSON_THROW_ON_ERROR);
    $answer['http'] = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    curl_close($curl);
    return $answer;
}

function form(string $path, array $fields = []): array
{
    global $headers;
    return post($path, http_build_query($fields), $headers);
}

// A token.
$sign = ['cache-control: no-cache'];
$user = ['username' => 'admin', 'password' => 'correct horse'];
$token = post('auth/token', http_build_query($user), $sign);
check($token['status'], 'Success', 'signing in');
check($token['data']['token_type'], 'Bearer', 'what kind of token');
$headers = ['cache-control: no-cache', 'Validate: Bearer ' . $token['data']['token']];
$wrong = post('auth/token', http_build_query(['password' => 'wrong'] + $user), $sign);
check([$wrong['http'], $wrong['status'], $wrong['error_code']], [401, 'Error', 1006], 'a wrong password');
check(post('invoice/list', '', $sign)['error_code'], 1001, 'no token');
check(post('invoice/list', '', ['Validate: Bearer nonsense'])['error_code'], 1002, 'a token that is none');

// Something to list, made in another dialect: PHP nests arrays as items[0][description].
$key = ['Authorization: Bearer demo-admin-key'];
$line = ['description' => 'Office 365 - Business Suite', 'amount' => '800.00', 'qty' => 1, 'taxes' => ['SGST', 'CGST'],
    'billing_cycle' => 'Annually', 'period_start' => '2019-12-04'];
$document = ['customer_id' => 41, 'date' => '2019-12-04', 'description' => 'made by PHP', 'items' => [$line]];
$issued = post('invoices', http_build_query($document), $key);
check([$issued['http'], $issued['data']['amount']], [201, 944.0], 'an invoice of nested fields');
$paid = ['customer_id' => 41, 'amount' => '944.00', 'date' => '2019-12-05', 'invoice_id' => $issued['data']['id']];
check(post('receipts', http_build_query($paid), $key)['http'], 201, 'its payment');
check(post('credit-notes', http_build_query($document), $key)['http'], 201, 'a credit note');
check(post('debit-notes', http_build_query($document), $key)['http'], 201, 'a debit note');

// The five lists.
$asked = ['customer_id' => 41, 'startdate' => '01/01/2019', 'enddate' => '01/01/2020', 'pid' => 0];
$invoices = form('invoice/list', $asked);
check([$invoices['http'], $invoices['status'], count($invoices['data'])], [200, 'Success', 1], 'invoices');
$invoice = $invoices['data'][0];
check($invoice['amount'], '944.00', 'money is a text with two places');
check($invoice['creation_date'], '2019-12-04 00:00:00', 'a date');
check($invoice['status'], 'Paid', 'a status');
$months = array_filter($invoice['invoice_item'][0]['monthly_accural_details'], fn($month) => $month !== '');
check($months, ['December-2019' => '61.20', 'January-2020' => '2.19'], 'accruals');
check($invoice['invoice_item'][0]['current_financial_amount'], '63.39', 'what is earned');
check($invoice['invoice_item'][0]['invoice_item_taxes'][0]['tax_amount'], '72.00', 'a tax');
$credit = form('transaction/credit_note', $asked)['data'][0];
check([$credit['amount'], $credit['sub_total']], ['944.00', '800.00'], 'a credit note');
check(array_keys($credit['transaction_item'][0]['monthly_accural_details'])[0], 'January-2019', 'months from startdate on');
$debit = form('transaction/debit_note', $asked)['data'][0];
check([$debit['amount'], $debit['subtotal']], ['944.00', '800.00'], 'a debit note');
$receipt = form('receipt/list', $asked)['data'][0];
check([$receipt['amount'], $receipt['invoice_num']], ['944.00', $invoice['invoicenum']], 'a receipt');
check(form('order/list', $asked), ['status' => 'Success', 'data' => [], 'http' => 200], 'no orders');
check(form('invoice/list')['status'], 'Success', 'an empty body');
check(form('invoice/list', ['customer_id' => 999999])['data'], [], 'a customer who is not there');

// Wrong input.
check(form('invoice/list', ['startdate' => '2019-12-04'])['error_code'], 2002, 'a date in another form');
check(form('invoice/list', ['startdate' => '02/01/2020', 'enddate' => '01/01/2020'])['error_code'], 2003, 'reversed dates');
check(form('invoice/list', ['customer_id' => 'x'])['error_code'], 2001, 'an id that is none');
check(form('invoice/nowhere')['error_code'], 1007, 'no such endpoint');

// Services.
$new = ['customer_id' => 41, 'quantity' => 1, 'planid' => 3, 'regdate' => '23/07/2025', 'nextduedate' => '23/07/2026',
    'amount' => '528.14', 'recuring_amount' => '528.14', 'billingcycle' => 'Annually', 'first_plan_price' => '528.14',
    'recuring_plan_price' => '528.14', 'plan_billing_cycle' => 'Annually', 'firstpayment' => '528.14', 'pid' => 0];
check(form('service/create', array_diff_key($new, ['planid' => 0]))['error_code'], 2004, 'a service without its plan');
$service = form('service/create', $new);
check([$service['http'], $service['status']], [200, 'Success'], 'a service');
$which = ['serviceid' => $service['data']['serviceid'], 'reason' => 'asked by PHP'];
$now = fn(): string => form('service/list', ['customer_id' => 41])['data'][0]['status'];
foreach (['suspend' => 'Suspended', 'unsuspend' => 'Active', 'terminate' => 'Terminated'] as $action => $status) {
    check(form("service/$action", $which)['status'], 'Success', "$action a service");
    check($now(), $status, "its status after $action");
}
check(form('service/suspend', $which)['error_code'], 2006, 'suspend what is terminated');

// An array as the body: curl makes multipart/form-data of it.
check(post('auth/token', $user, $sign)['status'], 'Success', 'signing in, multipart');
check(count(post('invoice/list', $asked, $headers)['data']), 1, 'invoices, multipart');
check(post('invoice/list', ['customer_id' => 'x'], $headers)['error_code'], 2001, 'an id that is none, multipart');
$made = post('service/create', $new, $headers);
check([$made['http'], $made['status']], [200, 'Success'], 'a service, multipart');
$flat = ['customer_id' => '41', 'items[0][description]' => 'Grüße & more', 'items[0][amount]' => '10.00'];
$nested = post('invoices', $flat, $key);
check([$nested['http'], $nested['data']['items'][0]['description']], [201, 'Grüße & more'], 'nested fields, multipart');

printf("php %s, curl %s: %d checks\n", PHP_VERSION, curl_version()['version'], $checks);
