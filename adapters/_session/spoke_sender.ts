import type { EncodedEnvelope } from "../_wire/codec.ts";
import type { SessionGuard } from "./guard.ts";
import type { OutboxHost } from "./outbox.ts";
import { Sender, type SenderParts } from "./sender.ts";
import { SpokeOutbox } from "./spoke_outbox.ts";

/** The parts that a {@linkcode SpokeSender} is made from. */
export interface SpokeSenderParts extends SenderParts {
  readonly guard?: SessionGuard;
}

/**
 * Sends to one of many peers, which may be a bare client that never says hello. It is apart from the {@linkcode Sender}: a
 * page with a link does not load it.
 */
export class SpokeSender extends Sender {
  declare readonly outbox: SpokeOutbox;
  readonly #parts: SpokeSenderParts;
  #toldTooLarge = false;

  constructor(parts: SpokeSenderParts, host: OutboxHost) {
    super(parts, host);
    this.#parts = parts;
  }

  protected override createOutbox(parts: SpokeSenderParts, host: OutboxHost): SpokeOutbox {
    return new SpokeOutbox(parts, host);
  }

  override get isDeferring(): boolean {
    return !this.isOpen;
  }

  /** A bare client may not answer. A peer that has yet to say hello is asked when it does. */
  override askForAnswer(ref: string): void {
    if (this.hello !== undefined) super.askForAnswer(ref);
  }

  override askForLife(): void {
    if (this.hello !== undefined) super.askForLife();
    else this.#parts.wire.ping?.();
  }

  override open(): void {
    this.isOpen = true;
    this.dropTooLarge();
    super.open();
  }

  protected override get isLimitKnown(): boolean {
    return super.isLimitKnown || this.isOpen;
  }

  /** An open peer is dropped when too many bytes wait, not the event. */
  protected override hasRoom(bytes: number): boolean {
    return this.isOpen || super.hasRoom(bytes);
  }

  /** A spoke that connects has not opened yet, and can still say more. */
  protected override dropTooLarge(): void {
    if (this.isOpen) super.dropTooLarge();
  }

  /** A stranger that accepts little must not be able to flood the reports of a hub. */
  protected override reportTooLarge(event: EncodedEnvelope): void {
    if (this.#toldTooLarge) return this.#parts.traffic.add("tooLarge");
    this.#toldTooLarge = true;
    super.reportTooLarge(event);
  }
}
