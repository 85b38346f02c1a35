/** What crosses between `hub.ts` and its spoke. */
export type Events = {
  /** How many `number.down` the spoke wants, from 0 on. */
  "numbers.wanted": number;
  "number.down": number;
  "number.up": number;
  /** The spoke wants to know each `number.up` that the hub has heard. */
  "heard.wanted": undefined;
  "numbers.heard": readonly number[];
  /** The hub is to go away, and to come back at the same port. */
  "restart.wanted": undefined;
};
