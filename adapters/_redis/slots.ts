import { hashedPart } from "./channels.ts";

const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

/** What each byte does to a CRC16, as XMODEM has it. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

const encoder = new TextEncoder();

/**
 * The slot of a Cluster that a sharded channel belongs to.
 *
 * @param channel The channel.
 * @returns A number from 0 to 16,383.
 */
export function slotOf(channel: string): number {
  let crc = 0;
  for (const byte of encoder.encode(hashedPart(channel))) {
    crc = ((crc << 8) ^ (TABLE[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/**
 * A name in the slot of a channel that nobody can have subscribed to on purpose.
 *
 * @param channel The channel.
 * @returns The name, or `undefined` if braces in the channel stand in the way.
 */
export function neighborOf(channel: string): string | undefined {
  if (hashedPart(channel) !== channel) return `${channel}\0`;
  return channel === "" || channel.includes("}") ? undefined : `{${channel}}\0`;
}
