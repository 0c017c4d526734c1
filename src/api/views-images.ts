import type { z } from 'zod';
import type { ImageVersion } from '../model/host.js';
import type { Present } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import { versionOn, versionOrder } from '../model/versions.js';
import { hasCopy } from '../plan/replicas.js';
import { pageByName } from './paging.js';
import type { ImageRecord, imageListSchema, imageQuery } from './schema/images.js';

/** Every version that any host's last answer shows or any machine was made from; newest versions first. */
export function imageList({ world, policy }: Present): readonly ImageRecord[] {
  const { rows } = world;
  const seenOn = new Map<string, Set<string>>();
  const names = new Map<string, ImageVersion>();
  const note = (name: string, version: string, current = false): Set<string> => {
    const key = `${name} ${version}`;
    names.set(key, { name, version, ...(current || names.get(key)?.current === true ? { current: true as const } : {}) });
    const hosts = seenOn.get(key) ?? new Set<string>();
    seenOn.set(key, hosts);
    return hosts;
  };
  for (const { spec, reading } of world.hosts.values())
    for (const { name, version, current } of reading.value?.images ?? []) note(name, version, current).add(spec.name);
  for (const { row } of world.machines.values()) note(row.image.name, row.image.version);
  const standing = [...rows.services.values()]; // on the version that their disk was made from, whether a guest of theirs runs or not
  for (const { image } of standing) note(image.name, image.version);
  const started = new Map<string, string[]>();
  const unmade = Object.values(policy.services ?? {}).filter(({ name }) => !rows.services.has(name));
  for (const { name: environment, image } of [...Object.values(policy.environments), ...unmade]) {
    const version = versionOn([...names.values()], image) ?? (image.version === 'latest' ? undefined : image.version);
    if (version === undefined) continue;
    note(image.name, version);
    started.set(`${image.name} ${version}`, [...(started.get(`${image.name} ${version}`) ?? []), environment]);
  }
  const carriers = (name: string): readonly string[] => {
    const pools = new Set(Object.values(policy.environments).flatMap((env) => (env.image.name === name ? env.pools : [])));
    return [...world.hosts.values()]
      .filter(({ spec, reading }) => pools.has(spec.pool) && isHeard(reading) && !reading.value.storeHung)
      .map(({ spec }) => spec.name);
  };
  return [...names]
    .map(([key, { name, version }]) => {
      const hosts = seenOn.get(key) ?? new Set<string>();
      const environments = started.get(key) ?? [];
      const missingOn = environments.length === 0 ? [] : carriers(name).filter((host) => !hosts.has(host));
      const made = [...world.machines.values()].filter(({ row }) => row.image.name === name && row.image.version === version).map(({ row }) => row.id);
      const services = standing.filter(({ image }) => image.name === name && image.version === version).map(({ service }) => service);
      const machines = [...made, ...services.filter((service) => !made.some((id) => world.machines.get(id)?.row.seat === service))];
      const copies = [...world.hosts.values()].filter(({ reading }) => hasCopy(reading.value, { name, version })).map(({ spec }) => spec.name);
      return { name, version, hosts: [...hosts], missingOn, copies, environments, machines };
    })
    .sort((a, b) => (a.name === b.name ? versionOrder(b.version, a.version) : a.name < b.name ? -1 : 1));
}

export function listImages(present: Present, query: z.output<typeof imageQuery>): z.output<typeof imageListSchema> {
  const found = imageList(present).filter(
    ({ name, hosts }) => (query.name === undefined || name === query.name) && (query.host === undefined || hosts.includes(query.host)),
  );
  const { entries, ...outside } = pageByName(found, ({ name, version }) => `${name} ${version}`, query);
  return { ...outside, images: entries };
}
