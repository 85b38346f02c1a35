import type { Position } from "../../core/history_source.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Wire } from "./wire.ts";

/** An envelope in the form that its codec puts into frames. */
export interface EncodedEnvelope {
  /** The event's type. */
  readonly type: string;
  /** The event's id. */
  readonly id: string;
  /** The encoded form; only the codec that made it reads it. */
  readonly body: unknown;
  /** The size in bytes. */
  readonly bytes: number;
  /** Whether it is a control of the protocol, which no bound on events applies to. */
  readonly control: boolean;
  /** Whether it must leave before `publish` returns, not at the end of the turn of the event loop. */
  readonly immediate?: boolean;
  /** The position of the event in the history of its type: the frame must have it as the member `at` of the envelope. */
  readonly at?: Position;
  /** Room for the batch that outboxes share, which begins with this envelope. A codec leaves it out. */
  batch?: unknown;
}

/** How an encoded event will be sent. Only codecs that do not copy values need to know. */
export interface EncodeOptions {
  /** Whether it may leave after this turn of the event loop, so that its payload must be copied now. */
  readonly deferred: boolean;
  /** Whether several peers receive it, so that nothing in it can be transferred to one of them. */
  readonly multicast: boolean;
  /** Whether listeners in this process hold its payload, so that nothing in it can be transferred at all. */
  readonly payloadShared?: boolean;
  /** The hubs that the event has passed through, if the peer must know them. */
  readonly via?: Via | undefined;
  /** The trace of the event, if it has one: the member `trace` of its envelope. */
  readonly trace?: string | undefined;
}

/**
 * Turns envelopes into frames and frames into values. One codec serves all wires of a hub.
 *
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 */
export interface Codec<TFrame = unknown> {
  /**
   * The size up to which envelopes share a frame, in bytes.
   *
   * @default 65_536
   */
  readonly maxSharedFrameBytes?: number;
  /**
   * Whether this end accepts deflated frames.
   *
   * @default false
   */
  readonly deflates?: boolean;
  /**
   * Whether a frame holds the payloads themselves, so that it must be sent in the turn that made it.
   *
   * @default false
   */
  readonly sharesPayloads?: boolean;
  /**
   * Encodes one envelope.
   *
   * @param envelope The event, or a control of the protocol.
   * @param control Whether it is a control.
   * @param options How it will be sent; by default to one peer, in this turn of the event loop.
   * @returns The encoded envelope.
   * @throws If the payload cannot be encoded.
   */
  encode(envelope: EventEnvelope, control: boolean, options?: EncodeOptions): EncodedEnvelope;
  /**
   * Reads the payload of an event that it encoded, for a program that reads the history of a hub.
   *
   * @param body The encoded form of the event.
   * @returns The payload.
   * @default such a program gets a `TypeError`
   */
  payloadOf?(body: unknown): unknown;
  /**
   * Puts encoded envelopes into one frame: one alone, or several as an array.
   *
   * @param envelopes At least one envelope that this codec encoded.
   * @param toDeflate Whether the peer accepts deflated frames.
   * @returns The frame.
   */
  encodeFrame(envelopes: readonly EncodedEnvelope[], toDeflate?: boolean): TFrame;
  /**
   * Whether something that arrived is larger than a number of bytes.
   *
   * @param data What arrived.
   * @param bytes The number of bytes.
   */
  isLargerThan(data: unknown, bytes: number): boolean;
  /**
   * Decodes something that arrived: to an envelope, or to an array of envelopes, which are checked afterwards.
   *
   * @param data What arrived.
   * @returns A value of any shape.
   * @throws If it cannot be decoded.
   */
  decode(data: unknown): unknown;
}

/**
 * How connections of one kind carry events. A link and a hub over such connections are made from it.
 *
 * @typeParam TConnection The runtime's object, such as a socket.
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 */
export interface Transport<TConnection, TFrame = unknown> {
  /** The codec of the wires. */
  readonly codec: Codec<TFrame>;
  /**
   * Makes a wire of a connection.
   *
   * @param connection The connection, opening or open.
   * @returns The wire, not started yet.
   */
  readonly toWire: (connection: TConnection) => Wire<TFrame>;
}
