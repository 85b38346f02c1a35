/**
 * Yields the lines of a stream, including a last line without a line break. Throws the reason of `signal` once the signal
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
