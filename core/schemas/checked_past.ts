import type { Past, TargetHistory } from "../history_of.ts";
import { ignore } from "../ignore.ts";
import type { SubscriptionState } from "../subscription_state.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "../types.ts";

/** The checks of one `PubSub`. */
interface Checks {
  /** The output of an event, or `undefined` if it is refused. */
  outputOf(envelope: EventEnvelope): EventEnvelope | undefined;
  /** A listener that gets the output. */
  checked(listener: EnvelopeListener): EnvelopeListener;
}

/** How subscriptions begin in the past of a target. */
export interface CheckedPast {
  /** The past, if the target has one. */
  readonly past: Past | undefined;
  /** Whether a listener is the state of a subscription that checks events as they are read. */
  reads(listener: EnvelopeListener): boolean;
}

/**
 * Checks the events that subscriptions get from a history. A history keeps them as they were received, and reads them when
 * the reader does, so they are checked then.
 */
export function checkedPast(target: PubSubEventTarget, checks: Checks): CheckedPast {
  const states = new WeakSet<object>();
  const outputs = new WeakMap<EventEnvelope, { readonly output: EventEnvelope | undefined }>();

  function outputOf(envelope: EventEnvelope): EventEnvelope | undefined {
    let known = outputs.get(envelope);
    if (known === undefined) outputs.set(envelope, known = { output: checks.outputOf(envelope) });
    return known.output;
  }

  return {
    get past(): Past | undefined {
      // Cast: every history of the library is one, and a link can have a past.
      const { history, past = history } = target as PubSubEventTarget & {
        history?: TargetHistory;
        past?: Past;
      };
      if (past?.has === undefined) return undefined;
      return {
        has: (topic, from) => past.has(topic, from),
        subscribe<T extends EventEnvelope>(...args: Parameters<Past["subscribe"]>) {
          const state = past.subscribe<T>(...args);
          states.add(state);
          checkReads(state, outputOf);
          return state;
        },
        listen: (type, id, listener, ...rest) => past.listen(type, id, checks.checked(listener), ...rest),
      };
    },
    reads: (listener) => states.has(listener),
  };
}

/** Lets `next()` give the output of events, in order, and pass over those that are refused. */
function checkReads<T extends EventEnvelope>(
  state: SubscriptionState<T>,
  outputOf: (envelope: EventEnvelope) => EventEnvelope | undefined,
): void {
  const read = state.next.bind(state);
  /** The pages that were read, one for each call that waits. */
  const reads: Promise<IteratorResult<T, undefined>>[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function start(): void {
    const result = read();
    // Awaited only in its turn.
    result.catch(ignore);
    reads.push(result);
  }

  async function take(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const result = await reads.shift();
      if (result === undefined || result.done) return { value: undefined, done: true };
      const output = outputOf(result.value);
      // Cast: an output has the type of its event.
      if (output !== undefined) return { value: output as T, done: false };
      start();
    }
  }

  state.next = () => {
    start();
    const taken = last.then(take);
    last = taken.catch(ignore);
    return taken;
  };
}
