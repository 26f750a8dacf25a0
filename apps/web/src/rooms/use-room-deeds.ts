import { useModel } from "../model/context.ts";
import { ask, type Question } from "../model/dialogs.ts";
import { wordsOf } from "./use-asked.ts";

export interface RoomDeeds {
  /** Does it; a refusal is told as a notice. Resolves with whether it was done. */
  attempt(deed: () => Promise<unknown>, refused: string): Promise<boolean>;
  /** Asks first, and says in the same dialog what went wrong. */
  confirm(question: Omit<Question, "act">, deed: () => Promise<unknown>): void;
}

/** Deeds on rooms: after each the user's own rooms are read again. */
export function useRoomDeeds(): RoomDeeds {
  const { notices, myRooms } = useModel();
  async function done(deed: () => Promise<unknown>): Promise<string | null> {
    try {
      await deed();
      void myRooms.getSnapshot().refresh();
      return null;
    } catch (error) {
      return wordsOf(error);
    }
  }
  return {
    async attempt(deed, refused) {
      const problem = await done(deed);
      if (problem !== null) notices.add("refusal", refused, problem);
      return problem === null;
    },
    confirm(question, deed) {
      ask({ ...question, act: () => done(deed) });
    },
  };
}
