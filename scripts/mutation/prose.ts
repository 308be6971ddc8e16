import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Fields of a control that are text for people, compared with `docs/controls.md` as a whole: no test can know better wording. */
const PROSE = new Set(['title', 'why', 'notApplicable', 'runbook', 'standards']);

interface Property {
  readonly type: string;
  readonly key?: { readonly name?: string };
}

/** What this needs of a place in the syntax tree. */
interface Place {
  readonly node: Property;
  readonly parent?: { readonly properties?: readonly Property[] };
}

/**
 * Leaves the prose of controls alone. Stryker asks for every place of every mutated file.
 *
 * @see https://stryker-mutator.io/docs/stryker-js/disable-mutants/#using-an-ignorer-plugin
 */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'prose', { shouldIgnore: (path) => explainProse(path as Place) }),
];

/** An object with a runbook is a control; the same names elsewhere are no prose. */
function explainProse({ node, parent }: Place): string | undefined {
  const name = node.type === 'ObjectProperty' ? node.key?.name : undefined;
  const isControl = parent?.properties?.some(({ key }) => key?.name === 'runbook') === true;
  return isControl && name !== undefined && PROSE.has(name) ? `${name} is prose` : undefined;
}
