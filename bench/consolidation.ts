import { packLaboratory } from '../src/sim/laboratory.js';

/** 62 hosts of 2 GB with one machine of 256 MB each, packed in the simulator: virtual seconds from the first migration's order on. */
export const bench = {
  name: 'consolidation',
  async run(): Promise<Record<string, number>> {
    const figures: Record<string, number> = {};
    for (const [reserveMiB, least] of [
      [0, 8],
      [256, 9],
    ] as const) {
      const { migrations, tookMs, used, offMs, harm } = await packLaboratory({ hosts: 62, reserveMiB, power: { switchesAtOnce: 60 } }, least);
      const name = reserveMiB === 0 ? 'nothingKept' : 'dom0Keeps256MiB';
      Object.assign(figures, {
        [`${name}.hosts`]: used,
        [`${name}.migrations`]: migrations,
        [`${name}.migratingS`]: Math.round(tookMs / 1000),
        [`${name}.restOffAfterS`]: Math.round(offMs / 1000),
        [`${name}.harm`]: harm.length,
      });
    }
    return figures;
  },
};
