import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A TCP relay on the loopback interface that a test can cut, freeze or slow down. Order of bytes is always kept. */
export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refusing = false;
  #delayMs = 0;
  #frozen: { readonly thawed: Promise<void>; readonly thaw: () => void } | null = null;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((socket) => this.#onConnection(socket));
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes every connection and refuses new ones until `restore`. */
  cut(): void {
    this.#refusing = true;
    this.#dropAll();
  }

  /** Closes every connection once; new ones are welcome. */
  drop(): void {
    this.#dropAll();
  }

  restore(): void {
    this.#refusing = false;
    this.#delayMs = 0;
    this.#frozen?.thaw();
    this.#frozen = null;
  }

  /** Lets nothing through while connections stay open, like a host that vanished; `restore` delivers the rest. */
  freeze(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#frozen ??= { thawed: promise, thaw: resolve };
  }

  /** Holds every piece of data back for so long. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#frozen?.thaw();
    this.#server.close();
    await once(this.#server, "close");
  }

  #onConnection(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const target = connect(this.#targetPort, "127.0.0.1");
    for (const socket of [client, target]) this.#own(socket);
    void this.#relay(client, target);
    void this.#relay(target, client);
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #relay(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (this.#delayMs > 0) await sleep(this.#delayMs);
        await this.#frozen?.thawed;
        if (!to.write(chunk)) await once(to, "drain");
      }
      to.end();
    } catch {
      to.destroy(); // One side is gone; so is the other.
    }
  }

  #dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.start();
  return proxy;
}
