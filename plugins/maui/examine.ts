import type { Finding } from '../../src/drivers/batch.js';
import { parseSpan, type Settings } from './parse.js';

/** A node that came online waits for the next cycle where no nudge reaches it, ms. */
const longCycleMs = 60_000;

const ok = (what: string): Finding => ({ level: 'ok', what });
const warning = (what: string, remedy: string): Finding => ({ level: 'warning', what, remedy });

function aboutDeferral({ DEFERTIME, DEFERCOUNT }: Settings): Finding {
  const deferMs = parseSpan(DEFERTIME);
  if (deferMs === 0) return ok('no job is put aside while its machine starts (DEFERTIME 0)');
  const remedy = 'set DEFERTIME 0 in maui.cfg; on the running Maui: changeparam DEFERTIME 0, then releasehold -a ALL';
  const known = deferMs === undefined ? 'Maui does not say how long jobs are put aside (1 h, where nothing is set)' : `DEFERTIME is ${DEFERTIME}`;
  const forEver = DEFERCOUNT === '0' ? '' : `, and held for good after ${DEFERCOUNT ?? '24'} times (DEFERCOUNT)`;
  const what = `${known}: every job that waits for a machine is put aside${forEver}; Domus has to release each of them`;
  return DEFERCOUNT === '0' ? warning(what, remedy) : { level: 'error', what, remedy };
}

function aboutCycles({ RMPOLLINTERVAL, JOBAGGREGATIONTIME }: Settings): readonly Finding[] {
  const cycleMs = parseSpan(RMPOLLINTERVAL);
  const aggregation = parseSpan(JOBAGGREGATIONTIME);
  return [
    cycleMs === undefined || cycleMs > longCycleMs
      ? warning(`Maui cycles every ${RMPOLLINTERVAL ?? 'time it likes'} (RMPOLLINTERVAL)`, 'set RMPOLLINTERVAL 00:00:10')
      : ok(`Maui cycles every ${cycleMs / 1000} s`),
    ...(aggregation !== undefined && aggregation > 0
      ? [warning(`JOBAGGREGATIONTIME ${JOBAGGREGATIONTIME} delays each cycle after a submission`, 'remove JOBAGGREGATIONTIME from maui.cfg')]
      : []),
  ];
}

function aboutNodes({ NODEALLOCATIONPOLICY, JOBNODEMATCHPOLICY, NODEPURGETIME }: Settings): readonly Finding[] {
  const packs = NODEALLOCATIONPOLICY === 'FIRSTAVAILABLE' || NODEALLOCATIONPOLICY === 'PRIORITY';
  const purged = parseSpan(NODEPURGETIME);
  return [
    packs
      ? ok(`jobs are packed (NODEALLOCATIONPOLICY ${NODEALLOCATIONPOLICY})`)
      : warning(
          `NODEALLOCATIONPOLICY ${NODEALLOCATIONPOLICY ?? 'is not said'}: jobs do not go where jobs run already, so machines become idle later`,
          "set NODEALLOCATIONPOLICY PRIORITY and NODECFG[DEFAULT] PRIORITYF='JOBCOUNT', or FIRSTAVAILABLE",
        ),
    JOBNODEMATCHPOLICY?.includes('EXACTNODE') === true
      ? ok('nodes=N are N nodes (JOBNODEMATCHPOLICY EXACTNODE)')
      : warning('nodes=N may be put on fewer nodes than N', 'set JOBNODEMATCHPOLICY EXACTNODE, where jobs rely on distinct nodes'),
    ...(purged !== undefined && Number.isFinite(purged)
      ? []
      : [ok('a node that is deleted from the batch server stays in Maui until it is restarted: Domus never deletes one')]),
  ];
}

/** What Maui's settings mean for machines that come and go. Pure. */
export const examineSettings = (settings: Settings): readonly Finding[] => [aboutDeferral(settings), ...aboutCycles(settings), ...aboutNodes(settings)];
