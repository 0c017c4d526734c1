import type { Condition, Moment, NoticeSettings } from '../model/notice.js';
import { type Draft, momentText, troubleText, wellText } from './words.js';

/** One condition as a rule knows it. */
export interface Known extends Condition {
  /** First seen in this life of the condition. */
  readonly seenAt: number;
  readonly told: boolean;
  /** Not seen since; absent while it stands. */
  readonly goneAt?: number;
}

/** What a rule remembers between two looks, and over restarts. */
export interface Book {
  readonly known: Readonly<Record<string, Known>>;
  /** The episode: from its first message until all is well. */
  readonly episode?: { readonly since: number; readonly lastAt: number; readonly newsMs: number; readonly repeatMs: number };
  /** Moments that are not told yet, and how long the pause after the last message of moments is. */
  readonly moments: readonly Moment[];
  readonly momentsToldAt: number;
  readonly momentPauseMs: number;
}

export const emptyBook: Book = { known: {}, moments: [], momentsToldAt: 0, momentPauseMs: 0 };

const dayMs = 86_400_000;
const longestNewsMs = 4 * 3_600_000;
const calmMs = 3_600_000;
const mostMoments = 500;

const keyOf = ({ kind, subject }: Condition): string => `${kind} ${subject}`;

/** What is known after this look: what went keeps its place until it has been gone long enough, so that flapping is no news. */
function look(known: Book['known'], seen: readonly Condition[], settleMs: number, now: number): Record<string, Known> {
  const next: Record<string, Known> = {};
  for (const one of seen) {
    const before = known[keyOf(one)];
    // the first words and instant stand: what moves with every look is no news
    next[keyOf(one)] = {
      ...one,
      text: before?.text ?? one.text,
      since: Math.min(one.since, before?.since ?? one.since),
      seenAt: before?.seenAt ?? now,
      told: before?.told ?? false,
    };
  }
  for (const [key, one] of Object.entries(known)) {
    if (next[key] !== undefined) continue;
    const goneAt = one.goneAt ?? now;
    if (one.told || now - goneAt < settleMs) next[key] = { ...one, goneAt };
  }
  return next;
}

const plain = ({ kind, subject, since, text }: Condition): Condition => ({ kind, subject, since, text });

interface Look {
  readonly book: Book;
  readonly drafts: readonly Draft[];
}

/** One look of a rule: what it now knows, and what is to be told. Pure; the same look again tells nothing. */
export function turn(before: Book, seen: readonly Condition[], moments: readonly Moment[], settings: NoticeSettings, now: number): Look {
  const known = look(before.known, seen, settings.settleMs, now);
  const conditions = tellConditions({ ...before, known }, settings, now);
  const events = tellMoments({ ...conditions.book, moments: [...before.moments, ...moments].slice(-mostMoments) }, settings, now);
  return { book: events.book, drafts: [...conditions.drafts, ...events.drafts] };
}

function tellConditions(book: Book, settings: NoticeSettings, now: number): Look {
  const all = Object.values(book.known);
  const standing = all.filter(({ goneAt }) => goneAt === undefined);
  const over = all.filter(({ goneAt, told }) => told && goneAt !== undefined && now - goneAt >= settings.settleMs);
  const fresh = standing.filter(({ told }) => !told);
  const waiting = all.some(({ told, goneAt }) => told && (goneAt === undefined || now - goneAt < settings.settleMs));
  const ripe = fresh.some(({ seenAt }) => now - seenAt >= settings.settleMs);
  const { episode } = book;
  if (episode !== undefined && !waiting && fresh.length === 0) {
    return { book: { ...without(book), known: {} }, drafts: [wellText(over.map(plain), episode.since, now)] };
  }
  const due = episode === undefined ? ripe : ripe ? now - episode.lastAt >= episode.newsMs : waiting && now - episode.lastAt >= episode.repeatMs;
  if (!due || standing.length === 0) return { book, drafts: [] };
  const told = standing.map((one) => ({ ...plain(one), fresh: !one.told }));
  const kept = all.filter((one) => !over.includes(one)).map((one) => ({ ...one, told: one.told || one.goneAt === undefined }));
  const next: Book = {
    ...book,
    known: Object.fromEntries(kept.map((one) => [keyOf(one), one])),
    episode: {
      since: episode?.since ?? Math.min(...standing.map(({ since }) => since)),
      lastAt: now,
      newsMs: Math.min(longestNewsMs, episode === undefined ? settings.newsMs : episode.newsMs * 2),
      repeatMs: episode === undefined ? settings.repeatMs : ripe ? episode.repeatMs : Math.min(dayMs, Math.max(episode.repeatMs * 2, settings.repeatMs)),
    },
  };
  return { book: next, drafts: [troubleText(ripe ? 'trouble' : 'reminder', told, over.map(plain), now)] };
}

const without = ({ episode: _, ...book }: Book): Book => book;

/** Moments wait a little for each other; when they come again and again, the pause between their messages grows. */
function tellMoments(book: Book, settings: NoticeSettings, now: number): Look {
  const first = book.moments[0];
  if (first === undefined) return { book, drafts: [] };
  const pauseMs = now - book.momentsToldAt > Math.max(calmMs, 2 * book.momentPauseMs) ? 0 : book.momentPauseMs;
  const due = now - first.at >= settings.settleMs / 2 && now - book.momentsToldAt >= pauseMs;
  if (!due) return { book, drafts: [] };
  const momentPauseMs = pauseMs === 0 ? settings.newsMs : Math.min(longestNewsMs, pauseMs * 2);
  return { book: { ...book, moments: [], momentsToldAt: now, momentPauseMs }, drafts: [momentText(book.moments)] };
}
