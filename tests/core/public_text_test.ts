import { assertEquals, assertLess } from "@std/assert";
import { publicText } from "../../core/public_text.ts";
import { processorMs } from "../support/processor_time.ts";

Deno.test("a text loses the users, queries and fragments of its URLs, and nothing else", () => {
  for (
    const [text, shown] of [
      ["wss://hub.example/events", "wss://hub.example/events"],
      ["wss://hub.example:8787/events?token=s#f", "wss://hub.example:8787/events"],
      ["redis://user:pass@host:6379/0", "redis://host:6379/0"],
      ["wss://hub.example#s", "wss://hub.example"],
      [
        "WebSocket connection to 'ws://h/e?token=s' failed: why?",
        "WebSocket connection to 'ws://h/e' failed: why?",
      ],
      ['"ws://a@h/1?x" and "WS://h/2"', '"ws://h/1" and "WS://h/2"'],
      ["a?b#c me@host", "a?b#c me@host"],
      ["", ""],
    ] as const
  ) {
    assertEquals(publicText(text), shown);
  }
});

Deno.test("the time that a text takes grows with its length", () => {
  const start = processorMs();
  publicText("ws://".repeat(20_000) + "@".repeat(20_000) + "a".repeat(100_000));
  assertLess(processorMs() - start, 1000);
});
