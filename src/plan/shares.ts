import type { Environment } from '../model/environment.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason } from '../model/reason.js';
import type { Change, Request, Rows, ShareSetting } from '../model/rows.js';
import type { Answer, Asked } from './requests.js';

/** Shares are compared as they are written, not to the last bit. */
const tolerance = 1e-9;

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** Still of use: its environment is there, may be set, and its time is not over. */
function stands(setting: ShareSetting, policy: Policy, now: number): boolean {
  return policy.environments[setting.environment]?.shareWithin !== undefined && (setting.until ?? Number.POSITIVE_INFINITY) > now;
}

const bounded = (share: number, { shareWithin: bounds }: Environment): number =>
  bounds === undefined ? share : Math.min(bounds.max, Math.max(bounds.min, share));

/** The pool in which the shares would come to more than all of it, and to how much. */
function crowded(policy: Policy, shares: ReadonlyMap<string, number>, pools: readonly string[]): { readonly pool: string; readonly sum: number } | undefined {
  for (const pool of pools) {
    let sum = 0;
    for (const environment of Object.values(policy.environments)) if (environment.pools.includes(pool)) sum += shares.get(environment.name) ?? 0;
    if (sum > 1 + tolerance) return { pool, sum };
  }
  return undefined;
}

const configured = (policy: Policy): Map<string, number> => new Map(Object.values(policy.environments).map(({ name, share }) => [name, share]));

/**
 * The share of every environment that counts now: as configured, or as its operator has set it. A setting is kept within
 * today's bounds; those that give something away count first, then the older ones: one with which a pool's shares would come to more than all of it does not count.
 */
export function sharesNow(rows: Rows, policy: Policy, now: number): ReadonlyMap<string, number> {
  const shares = configured(policy);
  if (rows.shares.size === 0) return shares;
  const raises = ({ environment, share }: ShareSetting): number => (share > (shares.get(environment) ?? 0) ? 1 : 0);
  const settings = [...rows.shares.values()].sort((a, b) => raises(a) - raises(b) || a.at - b.at || (a.environment < b.environment ? -1 : 1));
  for (const setting of settings) {
    const environment = policy.environments[setting.environment];
    if (environment === undefined || !stands(setting, policy, now)) continue;
    const next = new Map(shares).set(environment.name, bounded(setting.share, environment));
    const less = (next.get(environment.name) ?? 0) <= environment.share;
    if (less || crowded(policy, next, environment.pools) === undefined) shares.set(environment.name, next.get(environment.name) ?? 0);
  }
  return shares;
}

/** Why an environment's share is another than the configured one, or why a setting does not count; undefined where nothing was set. */
export function aboutShare(rows: Rows, policy: Policy, now: number, name: string, share: number): Reason | undefined {
  const setting = rows.shares.get(name);
  const environment = policy.environments[name];
  if (setting === undefined || environment === undefined || !stands(setting, policy, now)) return undefined;
  const args = { share: percent(share), configured: percent(environment.share), who: setting.by, why: setting.why };
  if (Math.abs(share - setting.share) <= tolerance) return because('share-set', args, [`environment:${name}`]);
  return because('share-set-aside', { ...args, wanted: percent(setting.share) }, [`environment:${name}`]);
}

/** Settings whose time is over, or that nothing allows any more, are forgotten: the configured share counts again. */
export function forgetShares(rows: Rows, policy: Policy, now: number): readonly Change[] {
  return [...rows.shares.values()]
    .filter((setting) => !stands(setting, policy, now))
    .map(({ environment }) => ({ table: 'shares', key: environment, row: null }));
}

/** An operator sets his environment's share, within its bounds. */
export function setShare(request: Request, { policy, rows, now }: Asked): Answer {
  const environment = policy.environments[request.subject];
  const { share, forMs } = request;
  if (environment === undefined) return { refused: `there is no environment "${request.subject}"` };
  const { name, shareWithin: bounds } = environment;
  if (bounds === undefined) return { refused: `the share of ${name} is set by its configuration alone (shareWithin gives bounds)` };
  if (share === undefined || share < bounds.min - tolerance || share > bounds.max + tolerance)
    return { refused: `the share of ${name} may be ${percent(bounds.min)} to ${percent(bounds.max)}${share === undefined ? '' : `, not ${percent(share)}`}` };
  const others = new Map(sharesNow(rows, policy, now));
  const full = share > (others.get(name) ?? 0) ? crowded(policy, others.set(name, share), environment.pools) : undefined;
  if (full !== undefined) return { refused: `the shares of pool ${full.pool} would come to ${percent(full.sum)}: others must give way first` };
  const until = forMs === undefined ? {} : { until: now + forMs };
  const row: ShareSetting = { environment: name, share, by: request.who, why: request.why, at: now, ...until };
  const back = forMs === undefined ? '' : `, for ${hours(forMs)}`;
  return {
    done: `${name} has a share of ${percent(share)}${back} (configured: ${percent(environment.share)})`,
    changes: [{ table: 'shares', key: name, row }],
  };
}

function hours(ms: number): string {
  const all = Math.round(ms / 60_000);
  const parts = [[Math.floor(all / 1440), 'd'] as const, [Math.floor((all % 1440) / 60), 'h'] as const, [all % 60, 'min'] as const];
  return parts.flatMap(([value, unit]) => (value > 0 ? [`${value} ${unit}`] : [])).join(' ');
}

/** The configured share counts again. */
export function unsetShare({ subject }: Request, { policy, rows }: Asked): Answer {
  if (!rows.shares.has(subject)) return { refused: `the share of "${subject}" is as configured` };
  const share = policy.environments[subject]?.share;
  const now = share === undefined ? 'as configured' : percent(share);
  return { done: `the share of ${subject} is ${now} again`, changes: [{ table: 'shares', key: subject, row: null }] };
}
