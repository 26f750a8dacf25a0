/**
 * Lets all commands of one turn of the event loop leave in one write.
 *
 * ioredis' own way, auto-pipelining, sends a pipeline only when the one before it has been answered, so a second batch
 * waits for the first; and when a whole pipeline times out it throws where nobody can catch it ("results[i] is not
 * iterable", ioredis 6.0.0). Holding the socket's writes back until the turn ends needs neither.
 */
import { Cluster, type Redis } from "ioredis";

export function gatherWrites(client: Redis | Cluster): void {
  if (client instanceof Cluster) {
    for (const node of client.nodes()) gatherNode(node);
    client.on("+node", gatherNode);
  } else gatherNode(client);
}

function gatherNode(redis: Redis): void {
  redis.on("connect", () => {
    const { stream } = redis;
    const write = stream.write.bind(stream) as (...parts: unknown[]) => boolean;
    let isHeld = false;
    stream.write = ((...parts: unknown[]) => {
      if (!isHeld) {
        isHeld = true;
        stream.cork();
        setImmediate(() => {
          isHeld = false;
          stream.uncork();
        });
      }
      return write(...parts);
    }) as typeof stream.write;
  });
}
