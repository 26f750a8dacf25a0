import { AppError } from "@mirrorbook/kernel";

/** Waits for Redis; while it is away the failure has a code that clients know. @throws {AppError} UNAVAILABLE. */
export async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("UNAVAILABLE", "The exchange's memory cannot be reached now; try again.", {
      cause,
    });
  }
}
