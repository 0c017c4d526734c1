/** Everything TORQUE prints, as records: pure. Each kind of text has its own file. */
export { parseJob } from './parse-job.js';
export { JobsReader, readList } from './parse-jobs.js';
export { parseNodes } from './parse-nodes.js';
export { type Listed, parseListed, parsePrinted } from './parse-qmgr.js';
export { parseQueues, queueCounts, queueOf } from './parse-queues.js';
export { hostAmong, parseRequest } from './parse-request.js';
export { listedServer, parseServer, rightsOf, serverOf } from './parse-server.js';
export { parseExecHosts, parseNodeJobs } from './parse-slots.js';
