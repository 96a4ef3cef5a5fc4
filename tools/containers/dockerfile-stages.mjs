import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';

/**
 * The Dockerfile of a folder: its text, and its stages by name in their order. A stage has `base` (an image or an earlier stage), `line`,
 * and its `instructions` as `{ keyword, args, from, line }`, where `from` is the source stage of a COPY.
 */
export function readDockerfile(root) {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const stages = new Map();
  let current;
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const line = instruction.getRange().start.line + 1;
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') {
      const from = /** @type {import('dockerfile-ast').From} */ (instruction);
      current = { name: from.getBuildStage() ?? `stage ${stages.size}`, base: from.getImage(), line, instructions: [] };
      stages.set(current.name, current);
    } else {
      const from = keyword === 'COPY' ? /** @type {import('dockerfile-ast').Copy} */ (instruction).getFromFlag()?.getValue() : undefined;
      current?.instructions.push({ keyword, args: instruction.getArguments().map((a) => a.getValue()), from, line });
    }
  }
  return { text, stages };
}

/** Instructions of a stage after those of the stages it is built on. */
export function inherited(stages, name) {
  const stage = stages.get(name);
  return stage ? [...inherited(stages, stage.base), ...stage.instructions] : [];
}

/** Whether a stage ends an image: nothing else is built on it or copies from it. */
export function isFinal(stages, name) {
  return ![...stages.values()].some((stage) => stage.base === name || stage.instructions.some((i) => i.from === name));
}
