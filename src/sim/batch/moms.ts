import { strand } from './execution.js';
import { finish } from './lifecycle.js';
import { type LiveMom, type Mom, type Report, reportOf } from './mom.js';
import type { WorkerNode } from './node.js';
import { isTrue } from './queue.js';
import type { Server } from './server.js';

/** A mom that the server did not know tries again by itself. */
const retryMs = 9_000;

/** A mom starts with an empty spool. One that lived under that name is dead from now on. */
export function raiseMom(server: Server, name: string, spec: Mom): void {
  if (server.moms.has(name)) fellMom(server, name);
  const now = server.now;
  const known = [...server.nodes.values()].filter((node) => node.sisterlyFrom <= now).map((node) => node.name);
  const sisters = server.version === '6.1.3' ? undefined : new Set([name, ...known]);
  const mom: LiveMom = { node: name, spec, upAt: now, sisters, ran: [] };
  server.moms.set(name, mom);
  const node = server.nodes.get(name);
  if (node !== undefined && server.up) hear(server, node, mom, now);
  for (const job of server.byState.R) {
    const { execution } = job;
    if (execution?.run?.endedAt === undefined || !execution.nodes.includes(name)) continue;
    // It does not know the job that the server believes it runs: some minutes later the job is gone.
    server.agenda.at(now + server.random.between(60_000, 420_000), () => {
      if (job.execution === execution) finish(server, job, 'killed by node loss');
    });
  }
}

/** The worker dies without a word. */
export function fellMom(server: Server, name: string): void {
  const mom = server.moms.get(name);
  if (mom === undefined) return;
  server.moms.delete(name);
  const node = server.nodes.get(name);
  if (node !== undefined && node.mom === mom) {
    node.last = currentReport(server, node);
    node.mom = undefined;
    node.downAt = node.last === undefined ? server.now : noticedAt(server, node.last.at);
  }
  strand(server, mom);
}

/** Its reports are accepted from `at` on. */
export function hear(server: Server, node: WorkerNode, mom: LiveMom, at: number): void {
  node.mom = mom;
  node.firstReportAt = Math.max(at, node.listSentAt === 0 ? 0 : node.listSentAt + server.random.between(0, 6_000));
  node.last = undefined;
  node.flap = undefined;
  node.flapped = false;
  node.sisterlyFrom = Math.min(node.sisterlyFrom, node.firstReportAt + server.statusMs);
  overwriteNp(server, node);
}

/** A node was just listed: a mom that runs already is accepted a little later. */
export function lookForMom(server: Server, node: WorkerNode): void {
  const mom = server.moms.get(node.name);
  if (mom !== undefined) hear(server, node, mom, server.now + retryMs);
}

/** The server looks only every `node_check_rate`, and for silences longer than that: 150 to 300 s after the last report. */
function noticedAt(server: Server, lastReportAt: number): number {
  const rate = Math.max(1_000, server.ms('node_check_rate', 150_000));
  return server.upSince + rate * (Math.floor((lastReportAt + rate - server.upSince) / rate) + 1);
}

/** The newest status update the server has; none before the first. */
export function currentReport(server: Server, node: WorkerNode): Report | undefined {
  if (node.mom === undefined) return node.last;
  const age = server.now - node.firstReportAt;
  return age < 0 ? undefined : reportOf(node.mom, node.firstReportAt + Math.floor(age / server.statusMs) * server.statusMs);
}

/** `auto_node_np`: the next report sets np to the mom's cores. */
export function overwriteNp(server: Server, node: WorkerNode): void {
  const { mom } = node;
  if (mom === undefined || !isTrue(server.attributes, 'auto_node_np')) return;
  const next = Math.max(server.now, node.firstReportAt + Math.ceil((server.now - node.firstReportAt) / server.statusMs) * server.statusMs);
  server.agenda.at(next, () => {
    if (node.mom === mom && isTrue(server.attributes, 'auto_node_np')) node.np = mom.spec.cores;
  });
}

/** A person or Domus cleared it. */
export function clearNode(server: Server, node: WorkerNode): void {
  const wasOffline = node.offline;
  node.offline = false;
  node.offlineUnsaved = false;
  if (server.options.flapAfterClear !== true || !wasOffline || node.flapped || node.mom === undefined) return;
  const from = server.now + server.random.between(5_000, 45_000);
  node.flapped = true;
  node.flap = { from, until: from + Math.round(server.random.around(15_000, 0.2)) };
}
