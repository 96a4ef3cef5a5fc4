import type { ActionClass, CommandInputDto, ManifestCommand } from '@opsmesh/contracts';
import { embeddingOf, parseTemplate, type CatalogueTool, type JsonObject } from '@opsmesh/plan-model';
import { gravest, isGraver, type Judgement } from '../commands/command-judgement.js';
import { judgePosix } from '../commands/judge-posix.js';
import { judgePowerShell } from '../commands/judge-powershell.js';
import { UNKNOWN_VALUE } from '../commands/posix-words.js';
import { shownText } from '../shown.js';
import type { ResolvedStep } from './resolved-plan.js';
import { valueAt } from './value-at.js';

/** Commands of one step that are listed. All of them are judged. */
const MOST_COMMANDS = 100;

export interface StepJudgement {
  readonly class: ActionClass;
  readonly reasons: readonly string[];
  readonly commands: readonly ManifestCommand[];
}

/** What a step does: by the declaration of its tool, and where the tool runs commands by these. Nothing that the plan says about itself counts. */
export function judgeStep({ step, known, items, fixed }: ResolvedStep, tool: CatalogueTool | undefined): StepJudgement {
  const { commands, effect } = step;
  if (!tool) return { class: 'uninspectable', reasons: [`the tool "${step.tool}" is not there any more`], commands: [] };
  if (commands.length === 0) return { class: effect, reasons: [EFFECTS[effect]], commands: [] };
  const inputs = known === 'exact' ? items.map((i) => i.inputs ?? {}) : [step.inputs];
  const judged = new Map<string, ManifestCommand>();
  for (const input of inputs) {
    for (const command of commands) {
      const value = valueAt(input, command.pointer);
      if (value === undefined || value === null) continue;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const key = `${command.pointer} ${text}`;
      if (!judged.has(key)) judged.set(key, judgeCommand(command, text, known === 'exact' ? undefined : fixed));
    }
  }
  const all: Judgement[] = [...judged.values()];
  // What runs without being asked about must read whatever the inventory says by then.
  for (const command of known === 'exact' ? commands : []) {
    const text = valueAt(step.inputs, command.pointer);
    if (typeof text !== 'string' || parseTemplate(text).kind !== 'mixed') continue;
    const whatever = judgeCommand(command, text, fixed);
    if (whatever.class !== 'read' && all.every((j) => j.class === 'read')) all.push({ class: whatever.class, why: `with other values ${whatever.why}` });
  }
  const environment = inputs.map((i) => environmentOf(i)).find((e) => e !== undefined);
  if (environment !== undefined) all.push({ class: 'uninspectable', why: `it sets ${shownText(environment)} for its command: what runs then can't be known` });
  const worst = gravest(all, { class: effect, why: EFFECTS[effect] });
  // A command that changes something is as grave as the tool says of itself, or graver.
  const grave = worst.class !== 'read' && isGraver(effect, worst.class) ? { class: effect, why: EFFECTS[effect] } : worst;
  const reasons = [...new Set([grave, ...all.filter((j) => j.class === worst.class)].map((j) => j.why))].slice(0, 10);
  return { class: grave.class, reasons, commands: [...judged.values()].slice(0, MOST_COMMANDS) };
}

const EFFECTS = { read: 'the tool declares that it changes nothing', write: 'the tool changes something', destructive: 'the tool declares that what it does may not be undone' } as const;

/** @param fixed given for a template: the inputs that are known; all other values may be anything */
function judgeCommand({ pointer, dialect }: CommandInputDto, text: string, fixed: JsonObject | undefined): ManifestCommand {
  const shown = { pointer, dialect, text: shownText(text.slice(0, 4096)) };
  if (dialect === 'powershell') {
    const { class: c, why } = judgePowerShell(text);
    return { ...shown, class: c, why: shownText(why) };
  }
  const script = fixed ? withUnknownValues(text, fixed) : text;
  if (script === undefined) return { ...shown, class: 'uninspectable', why: 'the whole command is only known during the run' };
  const { class: c, why } = judgePosix(script);
  return { ...shown, class: c, why: shownText(why) };
}

/** A command with a value that may be anything in the place of each reference; undefined when the reference is all of it. */
function withUnknownValues(text: string, fixed: JsonObject): string | undefined {
  const template = parseTemplate(text);
  if (template.kind === 'text') return text;
  if (template.kind === 'reference') return undefined;
  const values = template.parts.filter((p) => typeof p === 'object').map(({ root, path: [name, ...more] }) => {
    const value = root === 'input' && name?.kind === 'name' && more.length === 0 && Object.hasOwn(fixed, name.name) ? fixed[name.name] : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : UNKNOWN_VALUE;
  });
  return embeddingOf('posix-shell', template.parts).fill(values);
}

/** The first variable that inputs set for the command, which may decide what runs. */
function environmentOf(inputs: JsonObject): string | undefined {
  const { env } = inputs;
  if (env === undefined || env === null) return undefined;
  return typeof env === 'object' && !Array.isArray(env) ? Object.keys(env)[0] : 'its environment';
}
