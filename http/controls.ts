/** A message of the wire protocol that a hub sends beside events, as far as an edge reads it. */
export interface Control {
  readonly type: string;
  /** The ref of the request that it answers. */
  readonly id: string;
  readonly payload: Members;
}

type Members = Readonly<Record<string, unknown>>;

/** A topic or an event that the hub has refused. */
export interface Refused {
  readonly topic: string;
  readonly reason: string;
}

/** Controls alone have such types. A hub writes the type of an envelope first, after its position. */
const CONTROL = '{"type":"__';

/** Reads a frame as a control. Returns `undefined` for an event. */
export function readControl(text: string): Control | undefined {
  if (!text.startsWith(CONTROL)) return undefined;
  const { type, id, payload } = membersOf(JSON.parse(text));
  return { type: String(type), id: String(id), payload: membersOf(payload) };
}

/** The topics of a control. */
export function topicsOf({ payload: { topics } }: Control): string[] {
  return Array.isArray(topics) ? topics.filter((topic) => typeof topic === "string") : [];
}

/** The topics that a control refuses, each with its reason. */
export function refusedOf({ payload: { refused } }: Control): Refused[] {
  const items: unknown[] = Array.isArray(refused) ? refused : [];
  return items.map(membersOf).flatMap(({ topic, reason, also }) =>
    [topic, ...Array.isArray(also) ? also : []].map((each) => ({
      topic: String(each),
      reason: String(reason),
    }))
  );
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The hello of the spoke of a request. The spoke takes no arrays, so that each frame of the hub is one envelope. */
export function helloOf(request: Request): object {
  const credentials = request.headers.get("authorization")?.match(/^bearer +(.+)$/i)?.[1];
  return {
    type: "__hello",
    id: "",
    payload: {
      version: 1,
      batch: false,
      history: true,
      rejections: true,
      ...(credentials !== undefined && { credentials }),
    },
  };
}
