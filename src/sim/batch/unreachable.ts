import type { Answer } from './answer.js';
import { failed } from './command.js';
import type { Server } from './server.js';

/** Recorded: pbs_server stopped. Each client says it three times, or once. */
export function refused(command: string, server: Server): Answer {
  const line = `Unable to communicate with ${server.name}(10.77.0.1)\nCannot connect to specified server host '${server.name}'.\n`;
  if (command === 'pbsnodes') return failed(1, `${line}pbsnodes: cannot connect to server ${server.name}, error=111 (Connection refused)`);
  if (command === 'qmgr') return failed(3, `${line}qmgr: cannot connect to server  (errno=111) Connection refused`);
  const last = `${command}: cannot connect to server ${server.name} (errno=111) Connection refused\n`;
  return command === 'qstat' ? failed(111, `${line.repeat(3)}${last}\n`) : failed(111, `${line}${last}`);
}

/** Recorded: trqauthd does not run. */
export function unauthorised(command: string, server: Server): Answer {
  const line = 'socket_connect_unix failed: 15137\n';
  if (command === 'pbsnodes') return failed(1, `${line}pbsnodes: cannot connect to server ${server.name}, error=15137 (could not connect to trqauthd)`);
  if (command === 'qmgr') return failed(3, `${line}qmgr: cannot connect to server  (errno=15137) could not connect to trqauthd`);
  const last = `${command}: cannot connect to server (null) (errno=15137) could not connect to trqauthd\n`;
  return command === 'qstat' ? failed(33, `${line.repeat(3)}${last}\n`) : failed(33, `${line}${last}`);
}
