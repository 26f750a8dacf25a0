import { useReadable } from "@mirrorbook/sdk/react";
import { useModel } from "../model/context.ts";
import type { Notice } from "../model/notices.ts";

const MARKS: Record<Notice["kind"], string> = {
  fill: "✓",
  refusal: "!",
  connection: "↻",
  room: "⚑",
  done: "·",
};

/** Own fills and refusals are spoken by screen readers; the rest is only shown. */
export function NoticeList() {
  const { notices } = useModel();
  const list = useReadable(notices.list);
  const isSpoken = ({ kind }: Notice) => kind === "fill" || kind === "refusal";
  const item = (notice: Notice) => (
    <li key={notice.id} className={`notice ${notice.kind}`}>
      <span className="notice-mark" aria-hidden="true">
        {MARKS[notice.kind]}
      </span>
      <div>
        <strong>{notice.title}</strong>
        {notice.text !== "" && <p>{notice.text}</p>}
      </div>
      <button
        type="button"
        className="quiet"
        aria-label={`Dismiss: ${notice.title}`}
        onClick={() => notices.dismiss(notice.id)}
      >
        ✕
      </button>
    </li>
  );
  return (
    <div className="notices">
      <ul>{list.filter((notice) => !isSpoken(notice)).map(item)}</ul>
      <ul aria-live="polite" aria-relevant="additions">
        {list.filter(isSpoken).map(item)}
      </ul>
    </div>
  );
}
