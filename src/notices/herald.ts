import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import { asFailure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import type { Log } from '../log.js';
import type { Event } from '../model/event.js';
import type { Message, Moment, NoticeRule, NoticeSettings } from '../model/notice.js';
import type { Present } from '../model/present.js';
import { type Book, turn } from './book.js';
import { limitOf, sender } from './channels.js';
import { conditionsOf, momentOf, plainLine } from './conditions.js';
import type { Outbox, Parcel } from './outbox.js';

export interface HeraldOptions {
  readonly outbox: Outbox;
  readonly deployment: string;
  readonly settings: NoticeSettings;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every try that ended. */
  readonly counted?: (channel: string, outcome: 'sent' | 'failed' | 'given-up') => void;
}

const lookMs = 5_000;
const firstPauseMs = 30_000;
const longestPauseMs = 3_600_000;
/** A message that could not be delivered for this long is no news any more. */
const giveUpMs = 3 * 86_400_000;
const keepMs = 30 * 86_400_000;
const tidyMs = 3_600_000;

/** 30 s, 1 min, 2 min ... up to an hour. */
export const pauseAfterTry = (tries: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, tries - 1));

/**
 * Looks at the newest Present every five seconds, has each rule decide what is to be told, writes that down, and delivers it
 * beside everything else. The loop pays for nothing but the handing over.
 */
export class Herald {
  readonly #options: HeraldOptions;
  #settings: NoticeSettings;
  #present: Present | undefined;
  #moments: Moment[] = [];
  readonly #books = new Map<string, { readonly book: Book; readonly json: string }>();
  readonly #busy = new Map<string, Promise<void>>();

  constructor(options: HeraldOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  follow(present: Present): void {
    this.#present = present;
  }
  committed(events: readonly Event[]): void {
    for (const event of events) {
      const moment = momentOf(event);
      if (moment !== undefined) this.#moments.push(moment);
    }
  }
  adopt(settings: NoticeSettings): void {
    this.#settings = settings;
  }

  /** Until the signal is aborted; what is not delivered then is delivered in the next life. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, outbox, log, counted } = this.#options;
    let tidied = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal);
      this.#safely(() => {
        this.look();
        this.#deliver(signal);
        if (clock.mono() - tidied < tidyMs) return;
        tidied = clock.mono();
        for (const [channel, surplus] of outbox.tidy(clock.wall(), keepMs)) {
          log.error({ channel, surplus }, 'gave up the oldest notices of a channel: too many waited');
          counted?.(channel, 'given-up');
        }
      });
    }
    this.#safely(() => this.look()); // what was said last, the stop itself, is told by the next life
    await Promise.all(this.#busy.values());
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#options.log.error({ cause: thrown instanceof Error ? thrown.message : String(thrown) }, 'could not keep the notices: tried again');
    }
  }

  /** One look of every rule. */
  look(): void {
    const moments = this.#moments;
    const present = this.#present;
    const seen = present === undefined ? undefined : conditionsOf(present, this.#settings.waitsLongMs);
    for (const rule of this.#settings.rules) this.#rule(rule, seen, moments);
    this.#moments = [];
  }

  #rule(rule: NoticeRule, seen: ReturnType<typeof conditionsOf> | undefined, moments: readonly Moment[]): void {
    const { outbox, deployment, clock } = this.#options;
    const now = clock.wall();
    const before = this.#books.get(rule.name) ?? stored(outbox.book(rule.name));
    const told = moments.filter(({ kind }) => rule.events.includes(kind));
    // nothing is over because nobody has looked yet
    const conditions = seen?.filter(({ kind }) => rule.events.includes(kind)) ?? Object.values(before.book.known).filter(({ goneAt }) => goneAt === undefined);
    const { book, drafts } = turn(before.book, conditions, told, this.#settings, now);
    const messages = drafts.map((draft): Message => ({ id: randomUUID(), deployment, rule: rule.name, at: now, ...draft }));
    const next = stored(book);
    if (next.json !== before.json || messages.length > 0) {
      const channels = rule.to.filter((name) => this.#settings.channels[name] !== undefined);
      outbox.keep(rule.name, book, messages, channels, now);
    }
    this.#books.set(rule.name, next);
  }

  #deliver(signal: AbortSignal): void {
    const { outbox, clock } = this.#options;
    for (const parcel of outbox.due(clock.wall())) {
      if (this.#busy.has(parcel.channel)) continue;
      const story = this.#try(parcel, signal).finally(() => this.#busy.delete(parcel.channel));
      this.#busy.set(parcel.channel, story);
    }
  }

  async #try(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const { outbox, clock, log, shell, counted } = this.#options;
    const { number, channel: name, message } = parcel;
    const what = { channel: name, notice: message.id, rule: message.rule, title: message.title };
    try {
      const channel = this.#settings.channels[name];
      if (channel === undefined) {
        outbox.givenUp(number, 'the channel is gone from the configuration', clock.wall());
        return;
      }
      await within(clock, limitOf(channel), `notice by ${name}`, signal, (limited) => sender(channel, shell)(message, limited));
      outbox.sent(number, clock.wall());
      log.info(what, 'sent a notice');
      counted?.(name, 'sent');
    } catch (thrown) {
      if (signal.aborted) return;
      this.#failed(parcel, plainLine(asFailure(thrown, `notice by ${name}`).message));
    }
  }

  #failed({ number, channel, message, tries }: Parcel, why: string): void {
    const { outbox, clock, log, counted } = this.#options;
    const now = clock.wall();
    const over = now - message.at > giveUpMs;
    if (over) outbox.givenUp(number, why, now);
    else outbox.failed(number, why, now + pauseAfterTry(tries + 1));
    log.warn({ channel, notice: message.id, tries: tries + 1, why }, over ? 'gave a notice up' : 'could not send a notice: tried again');
    counted?.(channel, over ? 'given-up' : 'failed');
  }
}

const stored = (book: Book): { readonly book: Book; readonly json: string } => ({ book, json: JSON.stringify(book) });
