import { AppError } from "@mirrorbook/kernel";

/** Reads from Redis; while it is away the failure has a code that clients know. @throws {AppError} UNAVAILABLE. */
export async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("UNAVAILABLE", "Nothing can be read now; try again.", { cause });
  }
}
