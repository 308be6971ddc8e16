import { randomUUID } from 'node:crypto';
import { type Json, textAt } from './call.ts';
import type { Emulated, EmulatedContext } from './kms-emulated.ts';

/** A custom key store: what is remembered of one. No key can be in it. */
export type KeyStore = {
  id: string;
  name: string;
  /** `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`. */
  type: string;
  clusterId?: string;
  isConnected: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
};

/**
 * Answers the operations of custom key stores, which connect at once and hold no keys.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html
 */
export const KEY_STORE_EMULATIONS: Readonly<Record<string, (input: Json, context: EmulatedContext) => Emulated>> = {
  CreateCustomKeyStore: createStore,
  DescribeCustomKeyStores: describeStores,
  ConnectCustomKeyStore: (input, context) => setConnected(input, context, true),
  DisconnectCustomKeyStore: (input, context) => setConnected(input, context, false),
  UpdateCustomKeyStore: (input, context) =>
    withStore(input, context, (store) => {
      if (store.isConnected) return refuseState(store, 'disconnected');
      store.name = textAt(input, 'NewCustomKeyStoreName') ?? store.name;
      return { body: {} };
    }),
  DeleteCustomKeyStore: (input, context) =>
    withStore(input, context, (store) => {
      if (store.isConnected) return refuseState(store, 'disconnected');
      context.keys.keyStores.delete(store.id);
      return { body: {} };
    }),
};

function createStore(input: Json, { keys, now }: EmulatedContext): Emulated {
  const name = textAt(input, 'CustomKeyStoreName');
  if (name === undefined) {
    const message =
      "1 validation error detected: Value null at 'customKeyStoreName' failed to satisfy constraint: Member must not be null";
    return { refusal: { code: 'ValidationException', message } };
  }
  if ([...keys.keyStores.values()].some((store) => store.name === name)) {
    return { refusal: { code: 'CustomKeyStoreNameInUseException', message: `${name} is in use.` } };
  }
  const id = `cks-${randomUUID().replaceAll('-', '').slice(0, 17)}`;
  const clusterId = textAt(input, 'CloudHsmClusterId');
  const type = textAt(input, 'CustomKeyStoreType') ?? 'AWS_CLOUDHSM';
  const store = { id, name, type, isConnected: false, createdAt: now.getTime() };
  keys.keyStores.set(id, clusterId === undefined ? store : { ...store, clusterId });
  return { body: { CustomKeyStoreId: id } };
}

function describeStores(input: Json, context: EmulatedContext): Emulated {
  const stores = [...context.keys.keyStores.values()];
  const { CustomKeyStoreId: id, CustomKeyStoreName: name } = input;
  const wanted = stores.filter(
    (store) => (id === undefined || store.id === id) && (name === undefined || store.name === name),
  );
  if (wanted.length === 0 && (id !== undefined || name !== undefined)) return refuseMissing(id ?? name);
  return { body: { CustomKeyStores: wanted.map(describeStore), Truncated: false } };
}

function describeStore({ id, name, type, clusterId, isConnected, createdAt }: KeyStore): Json {
  return {
    CustomKeyStoreId: id,
    CustomKeyStoreName: name,
    CustomKeyStoreType: type,
    ...(clusterId === undefined ? {} : { CloudHsmClusterId: clusterId }),
    ConnectionState: isConnected ? 'CONNECTED' : 'DISCONNECTED',
    CreationDate: createdAt / 1000,
  };
}

function setConnected(input: Json, context: EmulatedContext, isConnected: boolean): Emulated {
  return withStore(input, context, (store) => {
    if (isConnected && store.isConnected) return refuseState(store, 'disconnected');
    store.isConnected = isConnected;
    return { body: {} };
  });
}

function withStore(input: Json, { keys }: EmulatedContext, change: (store: KeyStore) => Emulated): Emulated {
  const store = keys.keyStores.get(textAt(input, 'CustomKeyStoreId') ?? '');
  return store === undefined ? refuseMissing(input.CustomKeyStoreId) : change(store);
}

function refuseMissing(named: unknown): Emulated {
  return { refusal: { code: 'CustomKeyStoreNotFoundException', message: `Custom key store ${named} is not found.` } };
}

function refuseState({ id }: KeyStore, needed: string): Emulated {
  const message = `Custom key store ${id} must be ${needed} for this operation.`;
  return { refusal: { code: 'CustomKeyStoreInvalidStateException', message } };
}
