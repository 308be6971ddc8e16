import { describe, expect, test } from '@jest/globals';
import { findKeyMeaning, isAlwaysPresent } from '../../lib/iam/condition-key.ts';

/**
 * Keys that never say whose the caller is, as AWS lists them.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const SAY_NOTHING = `
  aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:ViaAWSService aws:PrincipalIsAWSService aws:PrincipalServiceName
  aws:PrincipalServiceNamesList aws:PrincipalType aws:username aws:SourceIp aws:VpcSourceIp aws:SourceVpc aws:SourceVpce
  aws:SourceVpcArn aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:SecureTransport aws:CurrentTime aws:EpochTime
  aws:TokenIssueTime aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:RequestedRegion aws:referer aws:UserAgent
  aws:ResourceOrgID aws:ResourceOrgPaths aws:TagKeys aws:SourceIdentity aws:AssumedRoot aws:ChatbotSourceArn
  aws:Ec2InstanceSourceVpc aws:Ec2InstanceSourcePrivateIPv4 aws:SignInSessionArn aws:PrincipalTag/team aws:ResourceTag/team
  aws:RequestTag/team kms:ViaService kms:GrantIsForAWSResource kms:GrantOperations kms:GrantConstraintType
  kms:GrantConstraintSourceArn kms:GranteePrincipal kms:GranteeServicePrincipal kms:RetiringPrincipal
  kms:RetiringServicePrincipal kms:EncryptionContextKeys kms:EncryptionAlgorithm kms:SigningAlgorithm kms:MacAlgorithm
  kms:KeyAgreementAlgorithm kms:MessageType kms:KeySpec kms:CustomerMasterKeySpec kms:KeyUsage kms:CustomerMasterKeyUsage
  kms:KeyOrigin kms:DataKeyPairSpec kms:BypassPolicyLockoutSafetyCheck kms:RequestAlias kms:ResourceAliases kms:MultiRegion
  kms:MultiRegionKeyType kms:PrimaryRegion kms:ReplicaRegion kms:ExpirationModel kms:ValidTo kms:ImportType
  kms:WrappingAlgorithm kms:WrappingKeySpec kms:ReEncryptOnSameKey kms:RotationPeriodInDays
  kms:ScheduleKeyDeletionPendingWindowInDays kms:TrailingDaysWithoutKeyUsage kms:EncryptionContext:department
  kms:RecipientAttestation:ImageSha384
`;

describe('what a condition key says about the caller', () => {
  test.each(SAY_NOTHING.trim().split(/\s+/))('%s: nothing', (key) => {
    expect(findKeyMeaning(key)).toBe('nothing');
  });

  test.each([
    ['kms:CallerAccount', 'caller-account', true],
    ['aws:PrincipalAccount', 'caller-account', true],
    ['aws:PrincipalArn', 'caller-arn', true],
    ['aws:ResourceAccount', 'resource-account', true],
    ['aws:PrincipalOrgID', 'caller-organization', false],
    ['aws:PrincipalOrgPaths', 'caller-organization-path', false],
    ['aws:SourceAccount', 'source-account', false],
    ['aws:SourceArn', 'source-arn', false],
    ['aws:SourceOrgID', 'source-organization', false],
    ['aws:SourceOrgPaths', 'source-organization-path', false],
    ['kms:EncryptionContext:aws:lambda:FunctionArn', 'context-arn', false],
    ['aws:Tomorrow', 'unclear', false],
    ['aws:', 'unclear', false],
    ['', 'unclear', false],
  ])('%s: %s; there in every call: %s', (key, meaning, always) => {
    expect(findKeyMeaning(key)).toBe(meaning);
    expect(isAlwaysPresent(findKeyMeaning(key))).toBe(always);
  });
});
