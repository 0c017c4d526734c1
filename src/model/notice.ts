/** What a person can be told of. Conditions stand until they are over; moments happen. */
export const conditionKinds = [
  'batch-silent',
  'host-silent',
  'host-fenced',
  'power-failed',
  'room-late',
  'store-hung',
  'environment-paused',
  'host-paused',
  'service-down',
  'machine-failed',
  'jobs-wait-long',
  'approval-wanted',
  'stray',
  'frozen',
] as const;
export type ConditionKind = (typeof conditionKinds)[number];

export const momentKinds = ['right-missing', 'config-refused', 'config-reloaded', 'daemon-started', 'daemon-stopped'] as const;
export type MomentKind = (typeof momentKinds)[number];

export const noticeKinds = [...conditionKinds, ...momentKinds] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** Something that is so now, and that somebody should know. */
export interface Condition {
  readonly kind: ConditionKind;
  /** `host:post12`, `environment:grid`: one condition per kind and subject. */
  readonly subject: string;
  /** Epoch ms. */
  readonly since: number;
  /** One sentence, made of what may come from outside: harmless on one line. */
  readonly text: string;
}

export interface Moment {
  readonly kind: MomentKind;
  readonly at: number;
  readonly text: string;
}

/** Where messages go. Secrets are in files that are read when they are needed. */
export type Channel =
  | {
      readonly kind: 'mail';
      readonly to: readonly string[];
      readonly from: string;
      readonly server: string;
      readonly port: number;
      readonly security: 'none' | 'starttls' | 'tls';
      readonly user?: string;
      readonly passwordFile?: string;
    }
  | { readonly kind: 'webhook'; readonly url: string; readonly secretFile?: string }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly limitMs: number };

/** Which kinds go to which channels. */
export interface NoticeRule {
  readonly name: string;
  readonly events: readonly NoticeKind[];
  readonly to: readonly string[];
}

export interface NoticeSettings {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly rules: readonly NoticeRule[];
  /** A trouble must stand this long before it is told, and be gone as long before all is well; what begins meanwhile is in the same message. */
  readonly settleMs: number;
  /** Pause before the second message of a trouble that has grown; it doubles. */
  readonly newsMs: number;
  /** Pause before a reminder of a trouble that stands; it doubles, up to a day. */
  readonly repeatMs: number;
  /** Jobs that wait this long are a condition. */
  readonly waitsLongMs: number;
}

/** What is sent. */
export interface Message {
  /** The same for every try and every channel: a receiver may drop what it knows. */
  readonly id: string;
  readonly deployment: string;
  readonly rule: string;
  /** `trouble`: something new; `reminder`: it stands; `well`: all of it is over; `moment`: something happened; `test`. */
  readonly kind: 'trouble' | 'reminder' | 'well' | 'moment' | 'test';
  readonly at: number;
  readonly title: string;
  /** The text, line by line. */
  readonly lines: readonly string[];
  readonly conditions: readonly (Condition & { readonly fresh: boolean })[];
}
