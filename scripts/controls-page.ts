import type { ControlText } from '../lib/built-in-controls.ts';
import type { Control } from '../lib/controls/control.ts';

/**
 * Writes the catalogue of controls as Markdown, from the controls themselves.
 *
 * @param controls in the order of the page
 * @param builtIn what is told besides, and has no mode
 * @returns the whole text of docs/controls.md, which ends with a line break
 */
export function writeControlsPage(controls: readonly Control[], builtIn: readonly ControlText[] = []): string {
  const sections = [
    INTRODUCTION,
    writeOverview(controls),
    ...controls.map(writeControl),
    ...(builtIn.length === 0 ? [] : [BUILT_IN, ...builtIn.map(writeBuiltIn)]),
  ];
  return `${sections.join('\n\n')}\n`;
}

const INTRODUCTION = `<!-- Written by scripts/controls-doc.ts from lib/controls. Change the control, then run: npm run docs -->

# Controls

What Keywarden verifies. Each control is a rule of the procedure OP-PROC-001 and says one of four things about a key, as it
is at the moment of looking:

- **compliant**: the rule is kept.
- **violation**: the rule is broken. What happens then is the *mode* of the control in \`keywarden.policy.yml\`: \`observe\`
  records it and tells the security officer, \`approve\` tells the officer with a plan that is ready to be approved, \`enforce\`
  puts it right and then tells the officer.
- **not-applicable**: the rule says nothing about this key.
- **unknown**: Keywarden could not look, or does not understand what it saw. The officer is told and nothing is changed;
  unknown never counts as compliant.`;

function writeOverview(controls: readonly Control[]): string {
  const rows = controls.map(
    ({ id, title, step, alsoSteps = [], severity, defaultMode, remedy }) =>
      `| [${id}](#${id}) | ${writeCell(title)} | ${[step, ...alsoSteps].join(', ')} | ${severity} | ${defaultMode} | ${remedy?.id ?? 'none'} |`,
  );
  return [
    '| control | good state | step | severity | mode as shipped | remedy |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function writeControl(control: Control): string {
  const { id, title, step, alsoSteps = [], severity, defaultMode, remedy } = control;
  return [
    `## ${id}`,
    `**${title}.**`,
    `${alsoSteps.length === 0 ? `Step ${step}` : `Steps ${[step, ...alsoSteps].join(', ')}`} of OP-PROC-001; severity ${severity}; mode as shipped: \`${defaultMode}\`.`,
    `**Why it matters.** ${control.why}`,
    `**When it says nothing.** ${control.notApplicable}`,
    [
      `- **Looked at** when one of these has ${(control.outcomes ?? ['succeeded']).join(' or ')}: ${listEvents(control)}${control.judgesState ? ', and on demand' : ''}.`,
      `- **Reads** ${writeReads(control)}.`,
      `- **Remedy**: ${remedy === undefined ? 'none; a person decides.' : `\`${remedy.id}\`. ${remedy.title}. It needs ${listCode(remedy.iam)}; ${remedy.undoIam.length === 0 ? 'it cannot be undone' : `whoever undoes it needs ${listCode(remedy.undoIam)}`}.`}`,
      `- **Standards**: ${writeStandards(control.standards)}.`,
    ].join('\n'),
    '**What to do with an alert**',
    control.runbook.join('\n'),
  ].join('\n\n');
}

const BUILT_IN = `# Built-in controls

What Keywarden finds out about its own knowledge and its own doing. These judge no setting of a key, have no mode and no
remedy, and cannot be switched off: the officer is told.`;

const writeBuiltIn = ({ id, title, step, severity, why, runbook }: ControlText): string =>
  [
    `## ${id}`,
    `**${title}.**`,
    `${step === 'unrecognised' ? 'No step' : `Step ${step}`} of OP-PROC-001; severity ${severity}.`,
    `**Why it matters.** ${why}`,
    '**What to do with an alert**',
    runbook.join('\n'),
  ].join('\n\n');

function listEvents({ eventSource, events, otherEvents = {} }: Control): string {
  const own = `${listCode(events)}${eventSource === undefined ? '' : ` of ${eventSource}`}`;
  const others = Object.entries(otherEvents).map(([source, names]) => `${listCode(names)} of ${source}`);
  return [own, ...others].join('; ');
}

function writeReads({ reads, readsOn = {}, iam }: Control): string {
  const rights = iam.length === 0 ? '' : `, for which Keywarden's role needs ${listCode(iam)}`;
  const always = reads.length === 0 ? 'nothing but the record of the action' : `${listCode(reads)}${rights}`;
  const others = Object.entries(readsOn).map(([api, names]) => `for \`${api}\` also ${listCode(names)}`);
  return [always, ...others].join('; ');
}

const listCode = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const writeStandards = (standards: Control['standards']): string =>
  Object.entries(standards)
    .map(([standard, references]) => `${standard}: ${references.join(', ')}`)
    .join('; ');

/** A bar would end the cell. */
const writeCell = (text: string): string => text.replaceAll('|', '\\|');
