/** A trade room full of traders, for pictures: twenty play by REST and socket what a contest looks like. */
import { eventually, type TestClient, type TestCluster } from "@mirrorbook/testkit";

const NAMES = [
  ...["Bram", "Cleo", "Dmitri", "Esra", "Fatima", "Goran", "Hilde", "Ivo", "Jun", "Kofi", "Lotte"],
  ...["Mateo", "Nadia", "Olaf", "Priya", "Quentin", "Rosa", "Sven", "Tariq", "Uma", "Vera", "Wanda"],
]; // biome-ignore format: a list
/** Size of an order in each market, at most. */
const SIZES: readonly [pair: string, size: number][] = [
  ["BTC", 0.5],
  ["ETH", 12],
  ["SOL", 200],
];
const ORDER_EVERY_MS = 60;

export class RoomScene {
  readonly #account: string;
  readonly #players: readonly TestClient[];
  #isOver = false;
  #playing: Promise<void> = Promise.resolve();

  private constructor(roomId: string, players: readonly TestClient[]) {
    this.#account = `room-${roomId}`;
    this.#players = players;
  }

  static async gather(cluster: TestCluster, roomId: string): Promise<RoomScene> {
    const players: TestClient[] = [];
    for (const name of NAMES) {
      const player = await cluster.client(name);
      await player.rest("POST", `rooms/${roomId}/join`, { name });
      players.push(player);
    }
    return new RoomScene(roomId, players);
  }

  /** Trades at random until `stop`. */
  play(): void {
    this.#playing = this.#trade();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#playing;
  }

  async #trade(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const player = this.#players[turn % this.#players.length]!;
      const [pair, size] = SIZES[turn % SIZES.length]!;
      const side = Math.random() < 0.65 ? "buy" : "sell";
      const quantity = (size * Math.random()).toFixed(2);
      const order = { account: this.#account, pair, side, type: "market", quantity } as const;
      await player.rest("POST", "orders", order); // Some are refused, as in life.
      await new Promise((resolve) => setTimeout(resolve, ORDER_EVERY_MS));
    }
  }
}

/** Waits until so many equity snapshots are taken: a curve has something to show. */
export async function snapshotsTaken(player: TestClient, roomId: string, count: number) {
  await eventually(
    async () => {
      const path = `rooms/${roomId}/equity?member=${player.session.user.id}`;
      const { body } = await player.rest<{ equity: string[] }>("GET", path);
      if (body.equity.length < count) throw new Error(`${body.equity.length} snapshots so far`);
    },
    { withinMs: 4_000 * count, everyMs: 500 },
  );
}
