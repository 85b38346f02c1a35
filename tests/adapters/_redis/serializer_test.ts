import type { EventEnvelope } from "@alkdev/pubsub";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { EnvelopeTemplate } from "../../../adapters/_redis/envelope_template.ts";
import { MessageCodec } from "../../../adapters/_redis/serializer.ts";
import { viaOf, withVia } from "../../../core/via.ts";

const codec = new MessageCodec(JSON);

/** Payloads that `JSON.stringify()` treats in different ways. */
const payload = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, NaN, -0, new Date(0), new Map(), [undefined], "\ud800"),
  fc.constant({ toJSON: (key: string) => `called with ${key}` }),
  fc.constant({ toJSON: () => undefined }),
);

/** Any string that can be a type, and any that can be an id. */
const type = fc.string().map((text) => text.replaceAll(":", ""));
const id = fc.string();

Deno.test("an envelope has the same JSON with a template and without", () => {
  fc.assert(fc.property(type, id, payload, (type, id, payload) => {
    const template = new EnvelopeTemplate(`${type}:${id}`);
    const expected = JSON.stringify({ type, id, payload });
    assertEquals(codec.encodeEnvelope({ type, id, payload }, template), expected);
    assertEquals(codec.encodeEnvelope({ type, id, payload }), expected);
  }));
});

Deno.test("a message is decoded as the same envelope with a template and without", () => {
  const members = fc.dictionary(fc.constantFrom("type", "id", "payload", "via", "more"), fc.jsonValue());
  const space = fc.constantFrom("", " ", "\n");
  fc.assert(fc.property(type, id, fc.jsonValue(), members, space, (type, id, payload, more, space) => {
    const template = new EnvelopeTemplate(`${type}:${id}`);
    const texts = [
      JSON.stringify({ type, id, payload }),
      JSON.stringify({ type, id, payload, ...more }),
      JSON.stringify({ ...more, type, id, payload }),
      `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":${space}${
        JSON.stringify(payload)
      }${space}}`,
    ];
    for (const text of texts) {
      assertEquals(codec.decode(Buffer.from(text), template), codec.decode(Buffer.from(text)));
      for (
        const cut of [
          text.slice(0, -1),
          text.slice(1),
          `[${text.slice(1)}`,
          `${text.slice(0, -1)},}`,
          `${text}}`,
        ]
      ) {
        assertThrows(() => codec.decode(Buffer.from(cut), template), SyntaxError);
      }
    }
    assert(template.parse(Buffer.from(JSON.stringify({ type, id, payload }))) !== undefined);
  }));
});

Deno.test("a message with the via of the one before it must begin as an object does", () => {
  const template = new EnvelopeTemplate("a:b");
  const text = '{"via":["hub.1"],"type":"a","id":"b","payload":1}';
  assertEquals(codec.decode(Buffer.from(text), template), { type: "a", id: "b", payload: 1 });
  for (const start of ["[", " ", "x"]) {
    assertThrows(() => codec.decode(Buffer.from(start + text.slice(1)), template), SyntaxError);
  }
});

Deno.test("messages in a row with a via are decoded and encoded the same with a template and without", () => {
  const via = fc.constantFrom<unknown>(
    ["hub.1"],
    ["hub.1", "hub.2"],
    ['"'],
    [],
    ["x".repeat(65)],
    1,
    undefined,
  );
  const at = fc.constantFrom(undefined, "abcde.100001");
  const message = fc.record({ at, via, payload: fc.jsonValue(), more: fc.constantFrom({}, { more: 1 }) });
  fc.assert(fc.property(type, id, fc.array(message), (type, id, messages) => {
    const template = new EnvelopeTemplate(`${type}:${id}`);
    for (const { at, via, payload, more } of messages) {
      const bytes = Buffer.from(JSON.stringify({ at, via, type, id, payload, ...more }));
      const [one, other] = [codec.decode(bytes, template), codec.decode(bytes)] as EventEnvelope[];
      assertEquals(one, other);
      assert(one !== undefined && other !== undefined);
      assertEquals(viaOf(one), viaOf(other));
      assertEquals(codec.encodeEnvelope(one, template), codec.encodeEnvelope(other));
    }
  }));
  // Only the first of a row is parsed as a whole.
  const template = new EnvelopeTemplate("news:1");
  const row = ["one", "two"].map((payload) =>
    Buffer.from(JSON.stringify({ via: ["hub.1"], type: "news", id: "1", payload }))
  );
  const applies = row.map((bytes) => {
    const parsed = template.parse(bytes);
    codec.decode(bytes, template);
    return parsed?.payload;
  });
  assertEquals(applies, [undefined, "two"]);
});

Deno.test("a template does not apply to the messages of another topic", () => {
  const text = '{"type":"news","id":"1","payload":"one"}';
  for (const topic of ["news:2", "news:11", "news:", "news", "new:1", "", ":"]) {
    const template = new EnvelopeTemplate(topic);
    assertEquals(template.parse(Buffer.from(text)), undefined);
    assertEquals(codec.decode(Buffer.from(text), template), { type: "news", id: "1", payload: "one" });
  }
});

Deno.test("a serializer of the user decodes and encodes every message itself", () => {
  const quoted = new MessageCodec({
    stringify: (value) => JSON.stringify(JSON.stringify(value)),
    parse: (message) => ({ read: JSON.parse(message) }),
  });
  const template = new EnvelopeTemplate("news:1");
  const envelope = { type: "news", id: "1", payload: "one" };
  assertEquals(quoted.encodeEnvelope(envelope, template), JSON.stringify(JSON.stringify(envelope)));
  assertEquals(quoted.decode(Buffer.from(JSON.stringify(envelope)), template), { read: envelope });
});

Deno.test("the via of an event is in its message, but not a member of the decoded envelope", () => {
  const bytes = new MessageCodec({
    binary: true,
    stringify: (value) => new TextEncoder().encode(JSON.stringify(value)),
    parse: (message) => JSON.parse(new TextDecoder().decode(message)),
  });
  const claims = { type: "news", id: "1", payload: "one", via: ["claimed"] };
  for (const each of [codec, bytes]) {
    for (const template of [undefined, new EnvelopeTemplate("news:1")]) {
      const message = each.encodeEnvelope(withVia(claims, ["hub.1", "hub.2"]), template);
      const envelope = each.decode(Buffer.from(message), template) as EventEnvelope;
      assertEquals(envelope, { type: "news", id: "1", payload: "one" });
      assertEquals(viaOf(envelope), ["hub.1", "hub.2"]);
    }
  }
});

Deno.test("encoding throws for payloads that cannot be encoded, with a template and without", () => {
  for (const payload of [5n, () => {}, Symbol("s")]) {
    for (const template of [undefined, new EnvelopeTemplate("a:b")]) {
      assertThrows(() => codec.encodeEnvelope({ type: "a", id: "b", payload }, template), TypeError);
    }
  }
});

Deno.test("an empty message stands for no detail, and the return values of a serializer are checked", () => {
  assertEquals([codec.encode(undefined), codec.decode(Buffer.from(""))], ["", null]);
  // The types rule these out, but a JavaScript program can pass them.
  const wrong = new MessageCodec({ stringify: () => 5 as unknown as string, parse: () => null });
  const wrongBytes = new MessageCodec({
    binary: true,
    stringify: () => "" as unknown as Uint8Array,
    parse: () => null,
  });
  assertThrows(() => wrong.encode({}), TypeError, "a string");
  assertThrows(() => wrongBytes.encode({}), TypeError, "a Uint8Array");
});

Deno.test("a binary serializer gets a copy of the bytes", () => {
  const message = Buffer.from("abc");
  let given: Uint8Array | undefined;
  new MessageCodec({ binary: true, stringify: () => message, parse: (bytes) => void (given = bytes) }).decode(
    message,
  );
  const expected = new Uint8Array(message);
  assertEquals(given, expected);
  message[0] = 0;
  assertEquals(given, expected);
});
