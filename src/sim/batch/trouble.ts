/** What is wrong with the batch server; settable at any moment. All well at first. */
export interface BatchTrouble {
  /** pbs_server cannot be reached: nothing is done. */
  refuse: boolean;
  /** trqauthd does not run: nothing is done. */
  trqauthdDown: boolean;
  /** Nobody has any right any more. */
  denied: boolean;
  /** Nothing is done and no answer comes. */
  hang: boolean;
  /** It is done, and no answer comes. */
  mute: boolean;
  /** The command begins so much later. */
  slowMs: number;
  /** It is done at once; the answer comes so much later. */
  lateMs: number;
  /** Half of the document comes. */
  garble: boolean;
  /** `offline-ignored`: -o and -c exit 0 without effect; `done-but-failed`: changes are made and reported as failed. */
  lie: 'offline-ignored' | 'done-but-failed' | undefined;
}

export const noTrouble = (): BatchTrouble => ({
  refuse: false,
  trqauthdDown: false,
  denied: false,
  hang: false,
  mute: false,
  slowMs: 0,
  lateMs: 0,
  garble: false,
  lie: undefined,
});
