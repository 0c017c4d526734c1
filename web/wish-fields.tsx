import { short } from './words.js';

/** How much, and for how long; both absent where the wish is another. */
export interface Sharing {
  readonly share: number | undefined;
  readonly forMs: number | undefined;
}
const hourMs = 3_600_000;
const spans = [
  ['until it is taken back', undefined],
  ['for 8 hours', 8 * hourMs],
  ['for a day', 24 * hourMs],
  ['for a week', 168 * hourMs],
  ['for four weeks', 672 * hourMs],
] as const;

/** A share in per cent, within its bounds, and for how long. */
export function ShareFields({
  sharing,
  within,
  change,
}: {
  sharing: Sharing;
  within: { readonly min: number; readonly max: number } | undefined;
  change: (sharing: Sharing) => void;
}) {
  const { min = 0, max = 1 } = within ?? {};
  const read = ({ currentTarget }: { currentTarget: HTMLInputElement }): void => {
    const share = Number(currentTarget.value) / 100;
    if (currentTarget.value !== '' && share >= 0 && share <= 1) change({ ...sharing, share });
  };
  const percent = (share: number): number => Number((share * 100).toFixed(1));
  return (
    <div class="fields">
      <label for="share">
        Per cent of its pools' cores, {percent(min)} to {percent(max)}
      </label>
      <input id="share" type="number" min={percent(min)} max={percent(max)} step="any" value={percent(sharing.share ?? 0)} onInput={read} required />
      <label for="for">For how long</label>
      <select id="for" onChange={({ currentTarget }) => change({ ...sharing, forMs: spans[currentTarget.selectedIndex]?.[1] })}>
        {spans.map(([title]) => (
          <option key={title}>{title}</option>
        ))}
      </select>
    </div>
  );
}

/** Where a machine is to go. */
export function HostField({ hosts, change }: { hosts: readonly string[]; change: (host: string | undefined) => void }) {
  return (
    <div class="fields">
      <label for="to">Where to</label>
      <select id="to" onChange={({ currentTarget }) => change(currentTarget.value === '' ? undefined : currentTarget.value)}>
        <option value="">where there is room</option>
        {hosts.map((name) => (
          <option key={name} value={name}>
            {short(name)}
          </option>
        ))}
      </select>
    </div>
  );
}
