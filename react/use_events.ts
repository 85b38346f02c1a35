// @ts-types="./_react.d.ts"
import { useEffect, useInsertionEffect, useRef } from "react";
import type { EnvelopeOf, EventEnvelope, OnOptions, PubSub } from "../mod.ts";
import { type AnyPubSub, listenOn } from "./_listen_on.ts";

type Callback = (event: EventEnvelope) => void;

/** A callback that listens. */
interface Listening {
  readonly key: readonly unknown[];
  /** The events of the moment between an unmount and the mount that follows at once. Unset while mounted. */
  missed: EventEnvelope[] | undefined;
  stop(): void;
}

/**
 * Calls a callback with each event of one id, while the component is mounted. The callback of the latest render is called,
 * and need not be memoized. The component renders again only if the callback sets a state.
 *
 * A component that is unmounted and mounted again at once, as in `StrictMode`, keeps its subscription and misses nothing.
 *
 * @example Collect the lines of a log
 * ```tsx ignore
 * function Log({ run }: { run: string }) {
 *   const [lines, setLines] = useState<string[]>([]);
 *   useEvents(pubsub, "log.line", run, ({ payload }) => setLines((lines) => [...lines, payload.text].slice(-100)));
 *   return <pre>{lines.join("\n")}</pre>;
 * }
 * ```
 *
 * @typeParam TEventMap The events of the PubSub.
 * @typeParam TType The event type.
 * @param pubsub The PubSub, which lives outside React.
 * @param type The event type.
 * @param id The id of the events' subject.
 * @param callback Called with each event.
 * @param options Further callbacks, and where to begin. They hold until the subscription changes.
 * @throws {TypeError} In an effect, if the type or the id is invalid.
 */
export function useEvents<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string],
>(
  pubsub: PubSub<never, TEventMap>,
  type: TType,
  id: string,
  callback: (event: EnvelopeOf<TEventMap, TType>) => void,
  options?: Omit<OnOptions, "signal">,
): void;
/**
 * Calls a callback with each event of every id of a type, while the component is mounted.
 *
 * @typeParam TEventMap The events of the PubSub.
 * @typeParam TType The event type.
 * @param pubsub The PubSub, which lives outside React.
 * @param type The event type.
 * @param callback Called with each event.
 * @param options Further callbacks, and where to begin. They hold until the subscription changes.
 * @throws {TypeError} In an effect, if the type is invalid.
 */
export function useEvents<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string],
>(
  pubsub: PubSub<never, TEventMap>,
  type: TType,
  callback: (event: EnvelopeOf<TEventMap, TType>) => void,
  options?: Omit<OnOptions, "signal">,
): void;
export function useEvents(
  pubsub: AnyPubSub,
  type: string,
  first: string | Callback,
  second?: Callback | OnOptions,
  third?: OnOptions,
): void {
  const [id, callback, options] = typeof first === "string"
    ? [first, second, third]
    : [undefined, first, second];
  const latest = useRef(callback);
  useInsertionEffect(() => {
    latest.current = callback;
  });
  const held = useRef<Listening | undefined>(undefined);
  const { from } = typeof options === "object" ? options : {};
  const key = [pubsub, type, id, typeof from === "object" ? JSON.stringify(from) : from];

  useEffect(() => {
    const call = (event: EventEnvelope): unknown => (latest.current as Callback)(event);
    let listening = held.current;
    if (listening === undefined || listening.key.some((part, i) => part !== key[i])) {
      listening?.stop();
      const started: Listening = {
        key,
        missed: undefined,
        stop: listenOn(pubsub, type, id, (event) => {
          return started.missed === undefined ? call(event) : started.missed.push(event);
        }, typeof options === "object" ? options : {}),
      };
      listening = held.current = started;
    }
    const { missed = [] } = listening;
    listening.missed = undefined;
    for (const event of missed) call(event);

    const mounted = listening;
    return () => {
      mounted.missed = [];
      setTimeout(() => {
        if (mounted.missed === undefined) return;
        if (held.current === mounted) held.current = undefined;
        mounted.stop();
      });
    };
  }, key);
}
