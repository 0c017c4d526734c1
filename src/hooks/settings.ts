/** A settings file of TORQUE with what it lacks, and what of it stands in our way. */
export interface Settled {
  readonly text: string;
  readonly notes: readonly string[];
}

/** Where the hooks lie on submit hosts and workers. */
export const hooksFolder = '/usr/local/lib/domus';

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** The value of the last line `NAME value`. */
function settingOf(text: string, name: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const found = lines.findLast((line) => line.split(/[\s=]+/)[0]?.toLowerCase() === name.toLowerCase());
  return found?.slice(name.length).replace(/^[\s=]+/, '');
}

/** torque.cfg with our submit filter. A filter of the site stays, and is told how to call ours. */
export function withFilter(text: string): Settled {
  const ours = `${hooksFolder}/submit-filter`;
  const there = settingOf(text, 'SUBMITFILTER');
  if (there === ours) return { text, notes: [] };
  if (there !== undefined) {
    return { text, notes: [`SUBMITFILTER is ${there} already and stays: let it end with  exec ${ours} "$@"  on the script it would print`] };
  }
  return { text: `${ended(text)}SUBMITFILTER ${ours}\n`, notes: [] };
}

const momSettings: readonly (readonly [name: string, value: string, otherwise: string])[] = [
  ['$prologalarm', '30', 'a prologue that hangs keeps the job and its slots for so long (s); ours needs less than 10'],
  ['$node_check_script', `${hooksFolder}/node-check`, `let yours end with  exec ${hooksFolder}/node-check`],
  ['$node_check_interval', '1', 'the check runs with every so many reports of the mom'],
  ['$down_on_error', 'true', 'without it the scheduler goes on using a node whose check says ERROR'],
];

/** mom_priv/config with the node check. What the site has set stays, and is named where it differs. */
export function withNodeCheck(text: string): Settled {
  const notes: string[] = [];
  let settled = ended(text);
  for (const [name, value, otherwise] of momSettings) {
    const there = settingOf(text, name);
    if (there === undefined) settled += `${name} ${value}\n`;
    else if (there !== value) notes.push(`${name} is ${there} already and stays (Domus would write ${value}): ${otherwise}`);
  }
  return { text: settled === ended(text) ? text : settled, notes };
}
