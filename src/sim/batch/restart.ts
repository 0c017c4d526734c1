import { finish } from './lifecycle.js';
import { hear } from './moms.js';
import type { Server } from './server.js';

/** `qterm -t quick`: jobs run on, nobody is answered. */
export function stopServer(server: Server): void {
  server.up = false;
}

/** `pbs_server`: nodes are down until their moms report (2 to 12 s), all moms get the whole list, and what was never written down is gone. */
export function startServer(server: Server): void {
  if (server.up) return;
  const now = server.now;
  server.up = true;
  server.upSince = now;
  for (const node of [...server.nodes.values()]) {
    if (server.options.resolves?.(node.name) === false) {
      server.nodes.delete(node.name);
      continue;
    }
    if (node.offlineUnsaved) node.offline = false;
    node.offlineUnsaved = false;
    node.sisterlyFrom = now;
    node.mom = undefined;
    node.last = undefined;
    node.downAt = now;
    const mom = server.moms.get(node.name);
    if (mom !== undefined) hear(server, node, mom, now + server.random.between(2_000, 12_000));
  }
  const all = new Set(server.nodes.keys());
  for (const mom of server.moms.values()) if (mom.sisters !== undefined) mom.sisters = all;
  for (const job of [...server.byState.R]) {
    // Some of its nodes are listed no more: over a restart the job is complete.
    if (job.execution?.nodes.some((name) => !server.nodes.has(name))) finish(server, job, 'killed by node loss');
  }
  for (const act of server.unheard.splice(0)) act();
  server.wake();
}
