import { answer } from '../batch/answer.js';
import { fromBytes, toBytes } from '../batch/bytes.js';
import type { BatchCore } from '../batch/core.js';
import type { Agenda } from '../clock.js';
import type { Front } from './wire.js';

/** Who a caller is to the batch server: root may administer, but jobs of root are refused, so a person trying it submits as alice. */
const userOf = (tool: string, user: string, uid: number): string => (tool === 'qsub' && (uid === 0 || user === 'root') ? 'alice' : uid === 0 ? 'root' : user);

/** Answers the batch system's commands; silence lasts until the caller is gone. */
export function batchFront(core: BatchCore, agenda: Agenda, recorded: (line: string) => void): Front {
  return async ({ tool, argv, stdin, user, uid }, gone) => {
    recorded([tool, ...argv].join(' '));
    const io = { user: userOf(tool, user, uid), stdin: fromBytes(Buffer.from(stdin, 'latin1')) };
    const { stdout, stderr, exit } = await answer(core, [tool, ...argv], io, agenda, gone);
    return { exit, stdout: toBytes(stdout).toString('latin1'), stderr: toBytes(stderr).toString('latin1') };
  };
}
