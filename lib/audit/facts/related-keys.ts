import type { KeyAction } from '../../event/key-action.ts';
import { objectOf, textOf } from '../../event/plain-json.ts';
import type { KeyDescription } from '../../facts/key-facts.ts';
import { EMPTY_RECORD, type KeyRecord } from './key-record.ts';
import { forget } from './old-key.ts';

/**
 * The state of the keys of a key store follows its connection, without a record for each of them.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/connect-keystore.html
 */
export function changeStore(keys: Map<string, KeyRecord>, { api, request, account, region }: KeyAction): void {
  const store = textOf(request, 'customKeyStoreId');
  const connects = api === 'ConnectCustomKeyStore';
  if (store === undefined || !(connects || api === 'DisconnectCustomKeyStore')) return;
  for (const [arn, record] of keys) {
    const { key, customKeyStoreId } = record;
    if (key === undefined || key === 'missing' || key.account !== account || key.region !== region) continue;
    if (!connects && mayBeInStore(key)) keys.set(arn, { ...record, key: forget(key, 'state') });
    if (customKeyStoreId !== store) continue;
    const back = record.history.enabled === false ? 'Disabled' : 'Enabled';
    if (connects && key.state === 'Unavailable') keys.set(arn, { ...record, key: { ...key, state: back } });
    if (!connects && ['Enabled', 'Disabled'].includes(key.state)) {
      keys.set(arn, { ...record, key: { ...key, state: 'Unavailable' } });
    }
  }
}

/** An older key whose material may come from a key store: no record tells which. */
const mayBeInStore = ({ untold, state }: KeyDescription): boolean =>
  untold?.includes('origin') === true && ['Enabled', 'Disabled'].includes(state);

/**
 * The policy of a replica stands in the record of ReplicateKey, which is in the Region of the primary key; the record of
 * CreateKey in its own Region may come before or after it.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/ct-replicate-key.html
 */
export function readReplica(
  { api, response }: KeyAction,
  keys: ReadonlyMap<string, KeyRecord>,
): { readonly arn: string; readonly record: KeyRecord } | undefined {
  const arn = textOf(objectOf(response, 'replicaKeyMetadata'), 'arn');
  const policy = textOf(response, 'replicaPolicy');
  if (api !== 'ReplicateKey' || arn === undefined || policy === undefined) return undefined;
  const record = keys.get(arn) ?? EMPTY_RECORD;
  return record.keyPolicy === undefined ? { arn, record: { ...record, keyPolicy: policy } } : undefined;
}
