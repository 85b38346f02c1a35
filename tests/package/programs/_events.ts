/** The events between `hub.ts` and its spoke. */
export type Events = {
  /** The spoke asks for so many `number.down`, from 0 on. */
  "numbers.wanted": number;
  "number.down": number;
  "number.up": number;
  /** The spoke asks for each `number.up` that the hub has received. */
  "heard.wanted": undefined;
  "numbers.heard": readonly number[];
  /** The hub must close, and open again at the same port. */
  "restart.wanted": undefined;
};
