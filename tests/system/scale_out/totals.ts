import type { EventTargetStats } from "@alkdev/pubsub";
import { sumOf } from "../../support/audit.ts";
import type { Accounts } from "./accounts.ts";

/**
 * Returns what does not agree in the sums over all processes of a run in which nothing was killed, stopped or cut: every number
 * is exactly what the programs know.
 */
export function auditTotals({ links, hubs, pairs }: Accounts): string[] {
  const faults: string[] = [];
  const compare = (what: string, is: number, be: number): void => {
    if (is !== be) faults.push(`In all, ${what} are ${is}, not ${be}`);
  };
  const upstreams = hubs.flatMap(({ upstream }) => upstream ?? []);
  const said = sum(links, (link) => link.said);
  compare("the events that links handed over", sum(links, ({ stats }) => stats.published.handedOver), said);
  compare("the events that hubs heard", sum(hubs, ({ stats }) => stats.heard.total), said);
  compare("the events that hubs accepted", sum(hubs, ({ stats }) => stats.heard.delivered), said);
  compare("the events that Redis has taken", sum(upstreams, ({ published }) => published.handedOver), said);

  const saidIn = new Map<string, number>();
  for (const { room, said } of links) saidIn.set(room, (saidIn.get(room) ?? 0) + said);
  for (const [i, { topics, upstream }] of hubs.entries()) {
    const wanted = sum(topics, (topic) => saidIn.get(topic.slice(topic.indexOf(":") + 1)) ?? 0);
    if (upstream !== undefined) {
      compare(`the events that Redis sent to hub ${i}`, upstream.heard.total, wanted);
    }
  }

  const due = sum(links, ({ room }) => saidIn.get(room) ?? 0);
  compare("the events that hubs sent", sum(hubs, ({ stats }) => stats.subscribers.handedOver), due);
  compare("the events that links heard", sum(links, ({ stats }) => stats.heard.total), due);
  compare("the events that programs heard", sum(links, ({ heard }) => heard), due);

  const targets = [...links, ...hubs].map(({ stats }): EventTargetStats => stats).concat(upstreams);
  const dropped = sum(targets, ({ published, heard }) => sumOf(published.dropped) + sumOf(heard.dropped));
  compare("the events that were dropped", dropped, 0);
  compare("the connections of which both ends are known", pairs, sum(links, ({ starts }) => starts.length));
  return faults;
}

/**
 * Returns what does not agree between the history of Redis and what hubs count: an event that Redis has confirmed is kept, and
 * every kept one was handed over, or not answered.
 *
 * @param unknown The most events that can have come through processes that were killed.
 */
export function auditKept({ hubs }: Accounts, kept: number, unknown: number): string[] {
  const upstreams = hubs.flatMap(({ upstream }) => upstream ?? []);
  const least = sum(upstreams, ({ published }) => published.handedOver);
  const most = least + sum(upstreams, ({ published }) => published.dropped.failed) + unknown;
  return least <= kept && kept <= most ? [] : [`Redis has kept ${kept} events, not ${least} to ${most}`];
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}
