/**
 * Preloaded (`node --import`) into processes that must not outlive the one that started them with an IPC channel:
 * when the channel closes because the parent died, however it died, the process is asked to stop, then made to.
 */
const STOP_WITHIN_MS = 10_000;

if (process.channel) {
  process.once("disconnect", () => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    process.kill(process.pid, "SIGTERM");
  });
  process.channel.unref();
}
