import type { RoomView } from "@mirrorbook/protocol";
import { useConnection } from "@mirrorbook/sdk/react";
import { useEffect, useRef } from "react";
import { setText } from "../lib/frame.ts";
import { clockOf } from "./clock-face.ts";

const TICK_MS = 250;

/** Counts by the server's clock. It is not spoken as it runs. */
export function RoomClock({ room }: { room: RoomView }) {
  const { skewMs } = useConnection();
  const label = useRef<HTMLSpanElement>(null);
  const time = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    function draw(): void {
      const face = clockOf(room, Date.now() + (skewMs ?? 0));
      setText(label.current, face.label);
      setText(time.current, face.time);
    }
    draw();
    const timer = setInterval(draw, TICK_MS);
    return () => clearInterval(timer);
  }, [room, skewMs]);
  return (
    <span className="room-clock" role="timer" aria-live="off">
      <span ref={label} className="room-clock-label" /> <span ref={time} className="number" />
    </span>
  );
}
