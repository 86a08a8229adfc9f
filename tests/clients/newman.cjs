// Newman runs the Postman collection and says how many of its tests there were.
//
//   NODE_PATH=…/node_modules node newman.cjs http://127.0.0.1:8080

'use strict';

const newman = require('newman');
const { version } = require('newman/package.json');
const collection = require('./tessera.postman_collection.json');

newman.run({ collection, envVar: [{ key: 'base', value: process.argv[2] }], reporters: [] }, (error, summary) => {
  if (error) {
    throw error;
  }
  const { stats, failures } = summary.run;
  for (const { source, parent, error: fault } of failures) {
    console.error(`newman: ${parent?.name} / ${source?.name}: ${fault.test ?? fault.name}: ${fault.message}`);
  }
  // A request without a test would count for nothing.
  const bare = summary.run.executions.filter(({ assertions }) => !assertions?.length);
  for (const { item } of bare) {
    console.error(`newman: ${item.name}: no test ran`);
  }
  if (failures.length + bare.length > 0) {
    process.exitCode = 1;
    return;
  }
  console.log(`newman ${version}: ${stats.requests.total} requests, ${stats.assertions.total} checks`);
});
