import { LIVE_ID, type Plan } from "./plan.ts";
import { covers, describeReader, type Published, type Told } from "./reader.ts";

/** What must not happen, in all that one subscription was told. */
export function violationsOf(told: Told, published: readonly Published[], plan: Plan): string[] {
  const violations: string[] = [];
  const report = (what: string): void => void violations.push(`${describeReader(told)}: ${what}`);
  const byNumber = new Map(published.map((event) => [event.number, event]));
  const own = published.filter((event) => covers(told.topic, event));
  const { heard } = told;

  for (const [i, { number }] of heard.entries()) {
    const event = byNumber.get(number);
    if (event === undefined || !covers(told.topic, event)) {
      report(`heard ${number}, which is not of its topic`);
    }
    const before = heard[i - 1]?.number;
    if (before !== undefined && before >= number) report(`heard ${number} after ${before}`);
  }
  if (told.topic.type === "plain" || violations.length > 0) return violations;

  const isLatest = told.from === "latest" || (typeof told.from === "object" && "latestBehind" in told.from);
  const numbers = new Set(heard.map(({ number }) => number));
  /** The latest event of its id alone must come. */
  const isSuperseded = (event: Published): boolean =>
    isLatest && own.some(({ id, number }) => id === event.id && number > event.number);
  // What is missing among the events that are kept lies in the gap before the first of them.
  const isStrict = told.from === undefined || told.from === "now" || told.behind !== undefined;
  const isToldAtFirst = ({ number }: Published): boolean =>
    !isStrict && (heard[0]?.gaps ?? told.gaps) > 0 && number <= told.liveAt;
  const missingIn = (after: number, before: number): Published[] =>
    own.filter((event) => event.number > after && event.number < before && !numbers.has(event.number));

  const begin = beginOf(told, own);
  const marks = [
    // Its answer can have been on its way for a while: a gap may be about what came since it was asked for.
    { number: Math.min(begin, told.askedAt), gaps: 0 },
    ...heard,
    ...told.isOver ? [] : [{ number: Infinity, gaps: told.gaps }],
  ];
  const isExact = told.reads === "callback";
  let unexplained = 0;
  for (const [i, { number, gaps }] of marks.entries()) {
    const before = marks[i - 1];
    if (before === undefined) continue;
    // What it hears before it is acknowledged, it hears by chance.
    const missing = missingIn(before.number, number);
    const mustCome = missing.filter((event) =>
      event.number > begin && !isSuperseded(event) && !isToldAtFirst(event)
    );
    if (mustCome.length > 0 && gaps === before.gaps) {
      const what = `missed ${
        mustCome.map(({ number }) => number).join()
      } between ${before.number} and ${number} without a gap`;
      if (isExact) report(what);
      else unexplained++;
    }
    if (!isExact || gaps === before.gaps) continue;
    if (plan.isWhole && !isLimited(told)) report(`a gap before ${number}, though nothing was forgotten`);
    // The first gap of a replay that sends what is kept is about all that is missing in it.
    // And one of a subscription that joins others that are live can be about what was on its way to these.
    const isLive = told.from === undefined || told.from === "now";
    const covered = i > 1 || told.behind !== undefined
      ? missing
      : isLive
      ? missingIn(-1, number)
      : missingIn(before.number, told.liveAt + 1);
    if (!plan.isWhole && covered.length === 0 && !mayBeTold(told, published)) {
      report(`a gap before ${number}, though nothing is missing after ${before.number}`);
    }
  }
  if (unexplained > told.gaps) report(`${unexplained} holes and ${told.gaps} gaps`);
  if (plan.isWhole && !isLimited(told) && told.gaps > 0) {
    report(`${told.gaps} gaps, though nothing was forgotten`);
  }

  const first = heard[0]?.number ?? Infinity;
  const { behind, revoked } = told;
  const isOfBefore = behind !== undefined && revoked !== undefined && behind <= revoked.at;
  if (isOfBefore && !told.isGrantedAgain) {
    // A hub that was started again has nothing of that time, and sends what it keeps behind the gap.
    const isOfSameHub = byNumber.get(first)?.epoch === revoked.epoch;
    if (first <= told.askedAt && isOfSameHub) {
      report(`heard ${first}, of the time before its right to the past ended`);
    }
  }
  const isStrange = typeof told.from === "object" && "strange" in told.from;
  if (isStrange && told.ready !== undefined && told.gaps === 0) {
    report("no gap after a position that nobody gave");
  }
  const isPosition = isStrange || (typeof told.from === "object" && "behind" in told.from);
  if (isExact && isPosition && (heard[0]?.gaps ?? 0) > 0 && first <= told.askedAt) {
    report(`heard ${first} of the past, though its position is not whole`);
  }
  const asksForPast = told.from !== undefined && told.from !== "now";
  if (isLimited(told) && asksForPast && first <= told.askedAt) {
    report(`heard ${first}, though it may only hear what is live`);
  }
  if (violations.length > 0 && Deno.env.has("TOLD")) console.log(JSON.stringify(told), JSON.stringify(own));
  return violations;
}

/** Nothing after this event may be missing without a gap. */
function beginOf(told: Told, own: readonly Published[]): number {
  const { from, askedAt, ready, behind } = told;
  if (behind !== undefined) return behind;
  if (ready === undefined) return Infinity;
  const { at: readyAt, epoch: askedEpoch } = ready;
  if (from === "start" || from === "latest") {
    return (own.find(({ epoch }) => epoch === askedEpoch)?.number ?? readyAt + 1) - 1;
  }
  if (typeof from === "object" && "last" in from) {
    // What is published until the hub answers moves the last ones.
    const past = own.filter(({ epoch, number }) => epoch === askedEpoch && number <= askedAt);
    const first = past.slice(-from.last)[0];
    const isMoved = own.some(({ number }) => number > askedAt && number <= readyAt);
    return isMoved || first === undefined ? readyAt : first.number - 1;
  }
  return readyAt;
}

/** Whether it gets live events only, and so a gap: after a loss, too. */
function isLimited({ topic, from }: Told): boolean {
  return topic.id === LIVE_ID || (typeof from === "object" && "strange" in from);
}

/** Whether a gap may be told although none of its events is missing. */
function mayBeTold(told: Told, published: readonly Published[]): boolean {
  const { from, revoked, isRevoked, askedEpoch } = told;
  // Of each reconnection, too.
  if (isLimited(told) || isRevoked || revoked !== undefined) return true;
  // A hub that was started again knows no position of the time before.
  if (askedEpoch !== published.at(-1)?.epoch) return true;
  // An id that was forgotten may have come again.
  return from === "latest" || typeof from === "object";
}
