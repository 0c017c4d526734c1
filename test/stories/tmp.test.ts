import { it } from 'vitest';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';
const policy = rehearsalPolicy({ environments: { grid: { seats: 2, feasibilitySeats: 1, idleMs: 120_000, keepFailedMs: 30_000 } }, hosts: 1 });
it('x', async () => {
  const r = rehearse(policy);
  const life = await r.begin();
  r.submit(['-q', 'grid'], 'sleep 60\n');
  let last = -1; const start = r.clock.now(); const ticks: string[] = [];
  await r.until('x', () => { const p = life!.present; if (p && p.revision !== last) { last = p.revision;
     ticks.push(((p.at - start)/1000).toFixed(1)+' '+p.plan.changes.map(c => c.table+':'+c.key+'='+JSON.stringify(c.row)?.slice(0,300)).join(' | ')+' D:'+p.plan.deeds.map(d=>d.verb)); } return r.core.facts().completed === 1 && r.unrest().length === 0; });
  console.log(ticks.length); console.log(ticks.slice(0,80).join('\n'));
});
