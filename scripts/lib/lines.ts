/**
 * Yields the lines of a stream, the last one even if nothing ends it. Throws the reason of `signal` once it
 * aborts.
 */
export async function* lines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream(), options)) {
    const complete = (rest + text).split(/\r?\n/);
    rest = complete.pop() ?? "";
    yield* complete;
  }
  if (rest !== "") yield rest;
}
