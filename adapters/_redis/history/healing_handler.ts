import type { ListenerList } from "../../../core/listener_list.ts";

/** The callbacks of a healing. */
export interface HealingHandler {
  /** The listeners of all topics. */
  lists(): Iterable<ListenerList>;
  /** The listeners of a bare type. */
  bareOf(type: string): ListenerList | undefined;
  deliver(list: ListenerList, topic: string, detail: unknown): void;
  /** Events of the topic are lost. */
  onGap(list: ListenerList): void;
  /** Events were missed though the connection was not lost; whether all were delivered. */
  onHealed(whole: boolean): void;
  barrier(): Promise<void>;
  report(error: unknown, list: ListenerList): void;
}
