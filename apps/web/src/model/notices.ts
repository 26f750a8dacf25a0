/** Short messages about what happened: own fills and refusals are spoken, the rest is only shown. */
import { createStore } from "@mirrorbook/sdk";

export type NoticeKind = "fill" | "refusal" | "connection" | "room" | "done";

export interface Notice {
  readonly id: number;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly text: string;
}

export const NOTICES_MAX = 3;
const SHOWN_FOR_MS: Record<NoticeKind, number> = {
  fill: 6_000,
  refusal: 9_000,
  connection: 8_000,
  room: 8_000,
  done: 2_500,
};

export class Notices {
  readonly list = createStore<readonly Notice[]>([]);
  #lastId = 0;

  add(kind: NoticeKind, title: string, text = ""): void {
    const id = ++this.#lastId;
    this.list.set([...this.list.getSnapshot(), { id, kind, title, text }].slice(-NOTICES_MAX));
    setTimeout(() => this.dismiss(id), SHOWN_FOR_MS[kind]);
  }

  /** Takes everything away: what was told to one user is not for the next. */
  clear(): void {
    this.list.set([]);
  }

  dismiss(id: number): void {
    this.list.set(this.list.getSnapshot().filter((notice) => notice.id !== id));
  }
}
