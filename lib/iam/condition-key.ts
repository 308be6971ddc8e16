/**
 * What a condition key says about the caller:
 * - `caller-account`, `caller-arn`: on whose behalf the call is made; every signed call has them;
 * - `caller-organization`, `caller-organization-path`: absent for a caller whose account is in no organisation;
 * - `source-*`: for whose resource an AWS service calls; absent for every other caller;
 * - `context-arn`: an encryption context that AWS services set; any other caller can put anything there;
 * - `resource-account`: the key's own account, the same for everybody;
 * - `nothing`: not whose the caller is;
 * - `unclear`: this version does not know the key.
 */
export type KeyMeaning =
  | 'caller-account'
  | 'caller-arn'
  | 'caller-organization'
  | 'caller-organization-path'
  | 'source-account'
  | 'source-arn'
  | 'source-organization'
  | 'source-organization-path'
  | 'context-arn'
  | 'resource-account'
  | 'nothing'
  | 'unclear';

/**
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const MEANINGS: ReadonlyMap<string, KeyMeaning> = new Map<string, KeyMeaning>([
  ['kms:calleraccount', 'caller-account'],
  ['aws:principalaccount', 'caller-account'],
  ['aws:principalarn', 'caller-arn'],
  ['aws:principalorgid', 'caller-organization'],
  ['aws:principalorgpaths', 'caller-organization-path'],
  ['aws:sourceaccount', 'source-account'],
  ['aws:sourcearn', 'source-arn'],
  ['aws:sourceorgid', 'source-organization'],
  ['aws:sourceorgpaths', 'source-organization-path'],
  ['aws:resourceaccount', 'resource-account'],
]);

/**
 * Keys that never say whose the caller is. A network or an endpoint can be reached by callers of every account; a tag of
 * the caller is set by the caller's own account; the rest describes the request, the key or the grant.
 */
const SAY_NOTHING: ReadonlySet<string> = new Set(
  [
    ...[
      'CalledVia',
      'CalledViaFirst',
      'CalledViaLast',
      'ViaAWSService',
      'PrincipalIsAWSService',
      'PrincipalServiceName',
    ],
    ...['PrincipalServiceNamesList', 'PrincipalType', 'username', 'SourceIp', 'VpcSourceIp', 'SourceVpc', 'SourceVpce'],
    ...['SourceVpcArn', 'VpceAccount', 'VpceOrgID', 'VpceOrgPaths', 'SecureTransport', 'CurrentTime', 'EpochTime'],
    ...['TokenIssueTime', 'MultiFactorAuthAge', 'MultiFactorAuthPresent', 'RequestedRegion', 'referer', 'UserAgent'],
    ...['ResourceOrgID', 'ResourceOrgPaths', 'TagKeys', 'SourceIdentity', 'AssumedRoot', 'ChatbotSourceArn'],
    ...['Ec2InstanceSourceVpc', 'Ec2InstanceSourcePrivateIPv4', 'SignInSessionArn'],
  ]
    .map((name) => `aws:${name.toLowerCase()}`)
    .concat(
      [
        ...[
          'ViaService',
          'GrantIsForAWSResource',
          'GrantOperations',
          'GrantConstraintType',
          'GrantConstraintSourceArn',
        ],
        ...['GranteePrincipal', 'GranteeServicePrincipal', 'RetiringPrincipal', 'RetiringServicePrincipal'],
        ...[
          'EncryptionContextKeys',
          'EncryptionAlgorithm',
          'SigningAlgorithm',
          'MacAlgorithm',
          'KeyAgreementAlgorithm',
        ],
        ...['MessageType', 'KeySpec', 'CustomerMasterKeySpec', 'KeyUsage', 'CustomerMasterKeyUsage', 'KeyOrigin'],
        ...['DataKeyPairSpec', 'BypassPolicyLockoutSafetyCheck', 'RequestAlias', 'ResourceAliases', 'MultiRegion'],
        ...['MultiRegionKeyType', 'PrimaryRegion', 'ReplicaRegion', 'ExpirationModel', 'ValidTo', 'ImportType'],
        ...['WrappingAlgorithm', 'WrappingKeySpec', 'ReEncryptOnSameKey', 'RotationPeriodInDays'],
        ...['ScheduleKeyDeletionPendingWindowInDays', 'TrailingDaysWithoutKeyUsage'],
      ].map((name) => `kms:${name.toLowerCase()}`),
    ),
);

const PREFIXES: ReadonlyArray<readonly [begins: string, meaning: KeyMeaning]> = [
  ['kms:encryptioncontext:aws:', 'context-arn'],
  ['kms:encryptioncontext:', 'nothing'],
  ['kms:recipientattestation:', 'nothing'],
  ['aws:principaltag/', 'nothing'],
  ['aws:resourcetag/', 'nothing'],
  ['aws:requesttag/', 'nothing'],
];

/** What a condition key says about the caller. Letter case does not count. */
export function findKeyMeaning(key: string): KeyMeaning {
  const lower = key.toLowerCase();
  return (
    MEANINGS.get(lower) ??
    (SAY_NOTHING.has(lower) ? 'nothing' : undefined) ??
    PREFIXES.find(([begins]) => lower.startsWith(begins))?.[1] ??
    'unclear'
  );
}

const ALWAYS: readonly KeyMeaning[] = ['caller-account', 'caller-arn', 'resource-account'];

/** Whether every signed call has the key, so that an operator which lets absent keys pass lets nobody pass. */
export const isAlwaysPresent = (meaning: KeyMeaning): boolean => ALWAYS.includes(meaning);

/**
 * Keys with several values in one request are compared with `ForAnyValue` or `ForAllValues`; without either AWS does not say
 * what happens.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export const hasSeveralValues = (meaning: KeyMeaning): boolean =>
  meaning === 'caller-organization-path' || meaning === 'source-organization-path';
