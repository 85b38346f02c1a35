/** The size of what arrived: of text, in UTF-16 units; of a message of a worker, by the estimate of its sender. */
export function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  // A Blob has a method `bytes`, too.
  const { size, byteLength, bytes } = Object(data);
  return Number(size ?? byteLength ?? bytes) || 0;
}
