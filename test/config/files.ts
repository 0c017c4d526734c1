import { type Checked, checkConfig, type Former } from '../../src/config/check.js';
import type { Config } from '../../src/config/config.js';
import { renderProblem } from '../../src/config/problem.js';

/** A small whole domus.yaml; `more` is appended. */
export const domusText = (more = ''): string => `deployment: physics
mode: act
batch:
  main: {server: pbs.example.org}
pools:
  lab:
    defaults: {cores: 8, memory: 16GiB, reserve: {cores: 1, memory: 2GiB}}
    hosts:
      post[01-03]: {address: 10.1.0.11-10.1.0.13}
seats:
  grid: {names: "grid-[01-04].example.org", addresses: 10.1.2.1-10.1.2.4}
${more}`;

/** A small whole environment file; `more` is appended. */
export const gridText = (more = ''): string => `image: {name: el9}
machine: {cores: {min: 1, max: 4}, memory: {min: 2GiB, max: 8GiB}}
serves: {queues: [grid], properties: [grid]}
${more}`;

export function check(domus: string, environments: Readonly<Record<string, string>>, former?: Former): Checked {
  const others = Object.entries(environments).map(([name, text]) => ({ path: `/etc/domus/environments/${name}.yaml`, text }));
  return checkConfig([{ path: '/etc/domus/domus.yaml', text: domus }, ...others], former);
}

/** The configuration, or an error that says what is wrong with it. */
export function whole(domus: string = domusText(), environments: Readonly<Record<string, string>> = { grid: gridText() }, former?: Former): Config {
  const checked = check(domus, environments, former);
  if (checked.ok) return checked.config;
  throw new Error(checked.problems.map(renderProblem).join('\n'));
}

/** The problems as lines, the folder cut off. */
export function problems(domus: string, environments: Readonly<Record<string, string>> = { grid: gridText() }, former?: Former): readonly string[] {
  const checked = check(domus, environments, former);
  return checked.ok ? [] : checked.problems.map((problem) => renderProblem(problem).replace('/etc/domus/', ''));
}
