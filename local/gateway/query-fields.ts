import { isJson, type Json } from './call.ts';

/** Nests the fields of the query protocol: `Tags.member.1.Key=a` becomes `{ Tags: [{ Key: 'a' }] }`. */
export function nestFields(fields: Json): Json {
  const root = emptyNode();
  for (const [path, value] of Object.entries(fields)) {
    if (path === 'Action' || path === 'Version') continue;
    const steps = path.split('.').filter((step) => step !== 'member');
    let node = root;
    for (const step of steps.slice(0, -1)) {
      const next = node[step];
      node = node[step] = isJson(next) ? next : emptyNode();
    }
    node[steps.at(-1) ?? path] = value;
  }
  return listNumbered(root);
}

/** Without a prototype, so that a field that is named like a part of one is a field like any other. */
function emptyNode(): Json {
  return Object.create(null);
}

function listNumbered(object: Json): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toListIfNumbered(value)]));
}

function toListIfNumbered(value: unknown): unknown {
  if (!isJson(value)) return value;
  const nested = listNumbered(value);
  const isList = Object.keys(nested).every((name) => /^\d+$/.test(name));
  return isList ? Object.values(nested) : nested;
}
