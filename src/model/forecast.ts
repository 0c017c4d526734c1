/** What a pool usually needs in one hour of the time ahead. */
export interface UsualHour {
  /** [since, until), epoch ms. */
  readonly since: number;
  readonly until: number;
  /** Hosts with work on them. */
  readonly hosts: number;
  /** `Mondays 09:00`, where people are: for sentences. */
  readonly when: string;
}

/** How hosts are kept warm by what was usual. Durations ms. */
export interface ForecastPolicy {
  /** Never more empty hosts on in a pool than this because of it. */
  readonly most: number;
  /** A host is woken so long before the hour begins. */
  readonly leadMs: number;
  /** So far back is looked. */
  readonly pastMs: number;
}

/** The hour with the largest need among the one that the instant lies in and the one that begins within `leadMs`; undefined where none is known. */
export function usualAt(hours: readonly UsualHour[], at: number, leadMs: number): UsualHour | undefined {
  let best: UsualHour | undefined;
  for (const hour of hours) {
    if (hour.until <= at || hour.since > at + leadMs) continue;
    if (best === undefined || hour.hosts > best.hosts) best = hour;
  }
  return best;
}
