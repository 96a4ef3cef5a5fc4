import { ACTION_CLASSES, type ActionClass } from '@opsmesh/contracts';

/** What a command does, and by what that is known. */
export interface Judgement {
  readonly class: ActionClass;
  readonly why: string;
}

/** Longer texts are not judged, in UTF-16 code units: it is what tools take of a command, and while one is judged everybody else waits. */
export const LONGEST_JUDGED = 65_536;
export const TOO_LONG: Judgement = { class: 'uninspectable', why: `it is longer than ${LONGEST_JUDGED} characters` };

/** The gravest of the judgements, the first of equals. */
export function gravest(judgements: readonly Judgement[], otherwise: Judgement): Judgement {
  return judgements.reduce((worst, j) => (isGraver(j.class, worst.class) ? j : worst), judgements[0] ?? otherwise);
}

export function isGraver(a: ActionClass, than: ActionClass): boolean {
  return ACTION_CLASSES.indexOf(a) > ACTION_CLASSES.indexOf(than);
}
