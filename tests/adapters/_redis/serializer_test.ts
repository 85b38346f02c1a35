import type { EventEnvelope } from "@alkdev/pubsub";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { formOf, readByForm } from "../../../adapters/_redis/envelope_template.ts";
import { viaOf, withVia } from "../../../core/via.ts";
import { NameReader } from "../../../adapters/_redis/name_reader.ts";
import { Routes } from "../../../adapters/_redis/topic_channels.ts";
import { codecOf } from "../../../adapters/_redis/serializer.ts";

const codec = codecOf(JSON);

/** What JSON has a say in. */
const payload = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, NaN, -0, new Date(0), new Map(), [undefined], "\ud800"),
  fc.constant({ toJSON: (key: string) => `told ${key}` }),
  fc.constant({ toJSON: () => undefined }),
);

/** Any string that can be a type, and any that can be an id. */
const type = fc.string().map((text) => text.replaceAll(":", ""));
const id = fc.string();

Deno.test("an envelope has the same JSON whether its form is known or not", () => {
  fc.assert(fc.property(type, id, payload, (type, id, payload) => {
    const form = formOf(`${type}:${id}`);
    const expected = JSON.stringify({ type, id, payload });
    assertEquals(codec.encodeEnvelope({ type, id, payload }, form), expected);
    assertEquals(codec.encodeEnvelope({ type, id, payload }), expected);
  }));
});

Deno.test("a message is read as the same envelope whether its form is known or not", () => {
  const members = fc.dictionary(fc.constantFrom("type", "id", "payload", "via", "more"), fc.jsonValue());
  const space = fc.constantFrom("", " ", "\n");
  fc.assert(fc.property(type, id, fc.jsonValue(), members, space, (type, id, payload, more, space) => {
    const form = formOf(`${type}:${id}`);
    const texts = [
      JSON.stringify({ type, id, payload }),
      JSON.stringify({ type, id, payload, ...more }),
      JSON.stringify({ ...more, type, id, payload }),
      `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":${space}${
        JSON.stringify(payload)
      }${space}}`,
    ];
    for (const text of texts) {
      assertEquals(codec.decode(Buffer.from(text), form), codec.decode(Buffer.from(text)));
      for (
        const cut of [
          text.slice(0, -1),
          text.slice(1),
          `[${text.slice(1)}`,
          `${text.slice(0, -1)},}`,
          `${text}}`,
        ]
      ) {
        assertThrows(() => codec.decode(Buffer.from(cut), form), SyntaxError);
      }
    }
    assert(readByForm(form, Buffer.from(JSON.stringify({ type, id, payload }))) !== undefined);
  }));
});

Deno.test("a message is not read by the form of another topic", () => {
  const text = '{"type":"news","id":"1","payload":"one"}';
  for (const topic of ["news:2", "news:11", "news:", "news", "new:1", "", ":"]) {
    const form = formOf(topic);
    assertEquals(readByForm(form, Buffer.from(text)), undefined);
    assertEquals(codec.decode(Buffer.from(text), form), { type: "news", id: "1", payload: "one" });
  }
});

Deno.test("a serializer of the user's reads every message itself, and writes it", () => {
  const quoted = codecOf({
    stringify: (value) => JSON.stringify(JSON.stringify(value)),
    parse: (message) => ({ read: JSON.parse(message) }),
  });
  const form = formOf("news:1");
  const envelope = { type: "news", id: "1", payload: "one" };
  assertEquals(quoted.encodeEnvelope(envelope, form), JSON.stringify(JSON.stringify(envelope)));
  assertEquals(quoted.decode(Buffer.from(JSON.stringify(envelope)), form), { read: envelope });
});

Deno.test("the way that an event has come is in its message, and no member of the envelope that is read", () => {
  const bytes = codecOf({
    binary: true,
    stringify: (value) => new TextEncoder().encode(JSON.stringify(value)),
    parse: (message) => JSON.parse(new TextDecoder().decode(message)),
  });
  const claims = { type: "news", id: "1", payload: "one", via: ["claimed"] };
  for (const { encodeEnvelope, decode } of [codec, bytes]) {
    for (const form of [undefined, formOf("news:1")]) {
      const message = encodeEnvelope(withVia(claims, ["hub.1", "hub.2"]), form);
      const envelope = decode(Buffer.from(message), form) as EventEnvelope;
      assertEquals(envelope, { type: "news", id: "1", payload: "one" });
      assertEquals(viaOf(envelope), ["hub.1", "hub.2"]);
    }
  }
});

Deno.test("a name is read as it is, whichever was read before", () => {
  const names = new NameReader();
  for (const name of ["a:1", "a:1", "b:1", "a:1", "a:12", "a:1", "", "a:1", "é:1", "è:1"]) {
    assertEquals(names.read(Buffer.from(name)), name);
  }
});

Deno.test("a route is that of its topic in either direction, whichever came before", () => {
  const routes = new Routes("app:");
  const topics = [["a", "b"], ["a", "b"], ["a", "b"], ["a", ""], ["a", "b:c"], ["a", "b"]] as const;
  for (const [i, [type, id]] of topics.entries()) {
    const [topic, channel] = [`${type}:${id}`, `app:${type}:${id}`];
    for (const route of [routes.of(type, id), routes.from(channel)]) {
      assertEquals([route.topic, route.channel], [topic, channel]);
      // The form is worth its price from the second event in a row on.
      assertEquals(route.form, i === 1 || i === 2 ? formOf(topic) : undefined);
    }
    // What goes the other way at the same time breaks no row.
    routes.to("other");
  }
});

Deno.test("what cannot be encoded throws, whether the form is known or not", () => {
  for (const payload of [5n, () => {}, Symbol("s")]) {
    for (const form of [undefined, formOf("a:b")]) {
      assertThrows(() => codec.encodeEnvelope({ type: "a", id: "b", payload }, form), TypeError);
    }
  }
});

Deno.test("an empty message stands for no detail, and what a serializer returns is checked", () => {
  assertEquals([codec.encode(undefined), codec.decode(Buffer.from(""))], ["", null]);
  // The types do not allow these; at run time any serializer can.
  const wrong = codecOf({ stringify: () => 5 as unknown as string, parse: () => null });
  const wrongBytes = codecOf({
    binary: true,
    stringify: () => "" as unknown as Uint8Array,
    parse: () => null,
  });
  assertThrows(() => wrong.encode({}), TypeError, "a string");
  assertThrows(() => wrongBytes.encode({}), TypeError, "a Uint8Array");
});

Deno.test("a binary serializer is given bytes of its own", () => {
  const message = Buffer.from("abc");
  let given: Uint8Array | undefined;
  codecOf({ binary: true, stringify: () => message, parse: (bytes) => void (given = bytes) }).decode(message);
  const expected = new Uint8Array(message);
  assertEquals(given, expected);
  message[0] = 0;
  assertEquals(given, expected);
});
