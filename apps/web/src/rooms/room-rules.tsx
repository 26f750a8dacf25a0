import type { RoomView } from "@mirrorbook/protocol";
import { useMarkets } from "@mirrorbook/sdk/react";
import { ruleLines } from "./room-words.ts";

export function RoomRules({ room }: { room: RoomView }) {
  const { markets } = useMarkets();
  return (
    <dl className="rules">
      {ruleLines(room, markets).map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
