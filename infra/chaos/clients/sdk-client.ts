import { connect, type MirrorbookClient } from "@mirrorbook/sdk";
import type { CommandAnswer, Json } from "../evidence.ts";
import { type Account, type ChaosClient, ClientRecord } from "./chaos-client.ts";

/** The public client library, used as its documentation says. */
export class SdkClient implements ChaosClient {
  readonly isReading = true;
  readonly evidence: ClientRecord;
  readonly #sdk: MirrorbookClient;
  /** Repairs of the book it shows, by the library's own count. */
  readonly #unwatch: () => void;

  /** @param urls the gateways, in the order it tries them. */
  constructor(account: Account, urls: readonly string[], watchedPair: string | null) {
    this.evidence = new ClientRecord(account);
    this.#sdk = connect({ urls, token: account.token, since: 0, transports: ["websocket"] });
    this.#sdk.onUserEvent(([name, payload]) => this.evidence.events.push([name, payload]));
    this.#sdk.on("resync", ({ reason }) => this.evidence.resyncs.push(reason));
    const { connection } = this.#sdk;
    let drop = connection.getSnapshot().lastDrop;
    connection.subscribe(() => {
      const { node, lastDrop, failures, url } = connection.getSnapshot();
      if (lastDrop !== drop) this.evidence.note(`dropped by ${lastDrop?.url}: ${lastDrop?.reason}`);
      else if (node === null) this.evidence.note(`tries ${url} after ${failures} failures`);
      drop = lastDrop;
      this.evidence.connected(node);
    });
    this.#unwatch =
      watchedPair === null ? () => {} : this.#sdk.book(watchedPair, 20).subscribe(() => {});
  }

  get name(): string {
    return this.evidence.name;
  }

  get userId(): string {
    return this.evidence.userId;
  }

  get connections() {
    return this.evidence.connections;
  }

  get lastSeq(): number {
    return this.#sdk.lastEventNumber ?? 0;
  }

  async ask(message: string, body: Json): Promise<CommandAnswer | null> {
    switch (message) {
      case "order:place":
        return this.#sdk.placeOrder(body);
      case "order:place_oco":
        return this.#sdk.placeOco(body);
      case "order:cancel":
        return this.#sdk.cancelOrder(body);
      case "order:cancel_all":
        return this.#sdk.cancelAll(body);
      case "order:amend":
        return this.#sdk.amendOrder(body);
      case "order:cancel_replace":
        return this.#sdk.cancelReplace(body.orderId, body.order);
      case "account:deposit":
        return this.#sdk.deposit(body);
      case "account:withdraw":
        return this.#sdk.withdraw(body);
      default:
        throw new Error(`the run does not send ${message}`);
    }
  }

  disconnect(): void {
    this.#sdk.reconnect();
  }

  /** The library reads in its own way; it cannot be told to stop. */
  stopReading(): void {}

  close(): void {
    this.#unwatch();
    this.#sdk.close();
  }
}
