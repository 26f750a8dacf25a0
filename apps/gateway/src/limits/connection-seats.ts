/**
 * Open connections: how many there are, and whether one more may come.
 *
 * 1. `hasRoom` and `take` count what is open on this node, before anything is known of who it is, and without waiting.
 * 2. `confirm` counts a connection by address and user over all nodes.
 * 3. While Redis is away `confirm` holds the same limits against this node's counts alone: a limit is no reason to be
 *    unavailable. When it is back this node's counts are published, and whoever is above a limit takes nobody new.
 */
import { AppError } from "@mirrorbook/kernel";
import {
  PublishedSlots,
  type RedisClient,
  type SlotsTaken,
  type WantedSlot,
} from "@mirrorbook/store";
import type { Logger } from "../logger.ts";
import { limitedAddress } from "./address.ts";

/** Connections above the limits that may be open while they are told so, of all addresses and of one. */
const UNCONFIRMED_MAX = 1_024;
const UNCONFIRMED_PER_ADDRESS_MAX = 64;
/** A lease is renewed this often within its time. */
const RENEWALS_PER_LEASE = 3;
/** Every so many renewals all counts are published anew, so that an error, whatever its cause, does not stay. */
const RENEWALS_PER_PUBLICATION = 100;

export interface SeatSettings {
  readonly node: string;
  readonly connectionsMax: number;
  readonly perAddressMax: number;
  readonly perUserMax: number;
  readonly leaseMs: number;
}

/** One open connection. */
export interface Seat {
  readonly address: string;
  /**
   * Counts it over all nodes, by its address and, when it has one, by its user. May be called again when the user is
   * known.
   *
   * @throws {AppError} TOO_MANY_CONNECTIONS.
   */
  confirm(userId: string | null): Promise<void>;
  /** The connection has closed; calling it again does nothing. */
  leave(): void;
}

export class ConnectionSeats {
  readonly #settings: SeatSettings;
  readonly #log: Logger;
  readonly #published: PublishedSlots;
  /** Open here, confirmed or not, by address. */
  readonly #open = new Counts();
  /** Confirmed here by key, as it is published. */
  readonly #confirmed = new Counts();
  readonly #timer: NodeJS.Timeout;
  #renewals = 0;
  #total = 0;
  #mustPublish = true;

  private constructor(redis: RedisClient, settings: SeatSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#published = new PublishedSlots(redis, settings.node, settings.leaseMs);
    this.#timer = setInterval(() => void this.#renew(), settings.leaseMs / RENEWALS_PER_LEASE);
  }

  /** Settles when the lease has been asked for; without Redis it goes on alone, and asks again. */
  static async start(
    redis: RedisClient,
    settings: SeatSettings,
    log: Logger,
  ): Promise<ConnectionSeats> {
    const seats = new ConnectionSeats(redis, settings, log);
    await seats.#renew();
    return seats;
  }

  get total(): number {
    return this.#total;
  }

  /** Whether a connection may be opened at all: a little above the limits it may, to be told of them. */
  hasRoom(address: string): boolean {
    const { connectionsMax, perAddressMax } = this.#settings;
    return (
      this.#total < connectionsMax + UNCONFIRMED_MAX &&
      this.#open.of(limitedAddress(address)) < perAddressMax + UNCONFIRMED_PER_ADDRESS_MAX
    );
  }

  /** Counts an open connection until it leaves. */
  take(address: string): Seat {
    const limited = limitedAddress(address);
    this.#total++;
    this.#open.add(limited, 1);
    const held: string[] = [];
    let isOpen = true;
    return {
      address,
      confirm: async (userId) => {
        const wanted = this.#wanted(limited, userId, held);
        await this.#confirm(wanted);
        const keys = wanted.map(({ key }) => key);
        if (isOpen) held.push(...keys);
        else this.#release(keys);
      },
      leave: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#total--;
        this.#open.add(limited, -1);
        this.#release(held);
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#published.withdraw().catch(() => {}); // The lease ends by itself.
  }

  #wanted(address: string, userId: string | null, held: readonly string[]): WantedSlot[] {
    const { perAddressMax, perUserMax } = this.#settings;
    const limits: [key: string, max: number][] = [[`address:${address}`, perAddressMax]];
    if (userId !== null) limits.push([`user:${userId}`, perUserMax]);
    return limits
      .filter(([key]) => !held.includes(key))
      .map(([key, max]) => ({ key, max, count: this.#confirmed.of(key) + 1 }));
  }

  /** @throws {AppError} TOO_MANY_CONNECTIONS; nothing is counted then. */
  async #confirm(wanted: readonly WantedSlot[]): Promise<void> {
    if (this.#total > this.#settings.connectionsMax) throw tooMany("This node is full.");
    const fullHere = wanted.find(({ count, max }) => count > max);
    if (fullHere !== undefined) throw tooMany(describe(fullHere));
    // Counted before the answer comes, so that connections that ask at once do not all ask for the same slot.
    for (const { key } of wanted) this.#confirmed.add(key, 1);
    const taken = await this.#ask(wanted);
    if (taken.kind !== "full") return;
    this.#release(wanted.map(({ key }) => key));
    throw tooMany(describe(wanted.find(({ key }) => key === taken.key)!));
  }

  async #ask(wanted: readonly WantedSlot[]): Promise<SlotsTaken> {
    try {
      const taken = await this.#published.take(wanted);
      if (taken.kind !== "unleased") return taken;
      await this.#publish();
      return await this.#published.take(wanted);
    } catch (error) {
      this.#onFailure(error);
      return { kind: "taken" };
    }
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) this.#confirmed.add(key, -1);
    if (keys.length === 0) return;
    const counts = keys.map((key) => ({ key, count: this.#confirmed.of(key) }));
    this.#published.release(counts).catch((error: unknown) => this.#onFailure(error));
  }

  async #renew(): Promise<void> {
    try {
      const isDue = this.#renewals++ % RENEWALS_PER_PUBLICATION === 0;
      const isKept = !isDue && !this.#mustPublish && (await this.#published.renew());
      if (!isKept) await this.#publish();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  async #publish(): Promise<void> {
    this.#mustPublish = false;
    await this.#published.publish(this.#confirmed.all());
  }

  #onFailure(error: unknown): void {
    this.#mustPublish = true;
    this.#log.debug({ err: error }, "Connections are counted on this node alone for now");
  }
}

/** Counts by key, without the zeros. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    const count = this.of(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  *all(): Generator<{ readonly key: string; readonly count: number }> {
    for (const [key, count] of this.#counts) yield { key, count };
  }
}

const tooMany = (message: string) => new AppError("TOO_MANY_CONNECTIONS", message);

function describe({ key, max }: WantedSlot): string {
  return key.startsWith("user:")
    ? `You have ${max} connections already.`
    : `Your address has ${max} connections already.`;
}
