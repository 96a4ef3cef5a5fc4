/** A process can't start for a reason that a person can mend; its message is all they need, so it is shown without a stack trace. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
