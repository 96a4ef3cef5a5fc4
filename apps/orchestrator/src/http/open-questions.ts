import { DEFAULT_PAGE, UUID, type ApprovalView, type ListApprovalsQueryDto, type PlanApprovalView } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Where a question stands in the list of those that wait: after all that were asked before it. */
export interface QuestionPlace {
  /** When it was asked, ISO 8601 in milliseconds, the database's clock. */
  readonly at: string;
  readonly runId: string;
  /** Index of the step; for a proposed run the number of its question. */
  readonly step: number;
  readonly item: number;
}

export interface OpenQuestion<View> {
  readonly place: QuestionPlace;
  readonly view: View;
}

/** Which of the questions that wait are wanted: the first so many after a place, oldest first. */
export interface OpenQuestionsQuery {
  readonly after: QuestionPlace | null;
  readonly limit: number;
}

/** Gives open questions of one kind. */
export type OpenQuestions<View> = (query: OpenQuestionsQuery) => Promise<readonly OpenQuestion<View>[]>;

export interface OpenApprovalsPage {
  readonly items: readonly (ApprovalView | PlanApprovalView)[];
  /** Null at the end. */
  readonly next: string | null;
}

/**
 * A page of all questions of a tenant that wait for people, oldest first: about proposed runs and of steps.
 * @throws ProblemError 422 `bad-cursor`
 */
export async function listOpenQuestions({ plans, steps }: { readonly plans: OpenQuestions<PlanApprovalView>; readonly steps: OpenQuestions<ApprovalView> }, { limit = DEFAULT_PAGE, cursor }: ListApprovalsQueryDto): Promise<OpenApprovalsPage> {
  const query = { after: cursor === undefined ? null : placeOf(cursor), limit: limit + 1 };
  const found = [...await plans(query), ...await steps(query)].sort((a, b) => compare(a.place, b.place));
  const page = found.slice(0, limit);
  return { items: page.map((q) => q.view), next: found.length > limit ? cursorOf(page.at(-1)!.place) : null };
}

function compare(a: QuestionPlace, b: QuestionPlace): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.runId !== b.runId) return a.runId < b.runId ? -1 : 1;
  return a.step - b.step || a.item - b.item;
}

function cursorOf({ at, runId, step, item }: QuestionPlace): string {
  return Buffer.from(JSON.stringify([at, runId, step, item])).toString('base64url');
}

function placeOf(cursor: string): QuestionPlace {
  try {
    const [at, runId, step, item] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (typeof at === 'string' && TIME.test(at) && !Number.isNaN(Date.parse(at)) && typeof runId === 'string' && UUID.test(runId) && isNumber(step) && isNumber(item)) return { at, runId, step, item };
  } catch { /* said below */ }
  throw new ProblemError(422, 'bad-cursor', 'the cursor is not one that this list gave; start again without it');
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}
