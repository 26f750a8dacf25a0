/** The request got no answer: it may have arrived or not. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}
