import { ACTION_CLASSES, type ActionClass } from '@opsmesh/contracts';

/** What a command does, and by what that is known. */
export interface Judgement {
  readonly class: ActionClass;
  readonly why: string;
}

/** The gravest of the judgements, the first of equals. */
export function gravest(judgements: readonly Judgement[], otherwise: Judgement): Judgement {
  return judgements.reduce((worst, j) => (isGraver(j.class, worst.class) ? j : worst), judgements[0] ?? otherwise);
}

export function isGraver(a: ActionClass, than: ActionClass): boolean {
  return ACTION_CLASSES.indexOf(a) > ACTION_CLASSES.indexOf(than);
}
