import { fanOut, planOf } from '../testing/documents.js';
import { PlanTexts } from './plan-texts.js';

const HOUR = 3_600_000;
const [one, other] = [planOf(fanOut('probe', 1)), planOf(fanOut('probe', 2))];

it('offers a plan until it was committed, and again when it was not offered for an hour', () => {
  let now = 0;
  const texts = new PlanTexts(() => now);
  const isOffered = (): boolean => texts.unknownOf([one]).length === 1;
  expect(isOffered()).toBe(true);
  texts.committed([one]);
  now = HOUR;
  texts.committed([one]);
  expect(isOffered()).toBe(false);
  now = HOUR + 1;
  expect(isOffered()).toBe(true);
  texts.committed([one]);
  expect(isOffered()).toBe(false);
});

it('offers plans that are the same text once, and in one order', () => {
  const texts = new PlanTexts();
  const shas = (...plans: typeof one[]): string[] => texts.unknownOf(plans).map((p) => p.sha256);
  expect(shas(one, other, { ...one })).toHaveLength(2);
  expect(shas(one, other)).toEqual(shas(other, one));
});
