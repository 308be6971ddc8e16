/** Grants: reading, recognising whose they are, judging, revoking and restoring them. Plain data in, plain data out. */
export { findDuplicateGrants } from './grants/find-duplicate-grants.ts';
export type { Grant, GrantConstraints, GrantEvidence } from './grants/grant.ts';
export { granteeOf } from './grants/grant.ts';
export type * from './grants/grant-judgement.ts';
export type { CreateGrantRequest, GrantRestoration, RevokeGrantRequest } from './grants/grant-requests.ts';
export { restoreRequest, revokeRequest } from './grants/grant-requests.ts';
export { judgeGrant } from './grants/judge-grant.ts';
export type { RecordedGrant } from './grants/read-grant-record.ts';
export { readGrantRecord } from './grants/read-grant-record.ts';
export { readListedGrant } from './grants/read-listed-grant.ts';
export type { GrantMaker, Recognition } from './grants/recognise-service-grant.ts';
export { recogniseServiceGrant } from './grants/recognise-service-grant.ts';
export { UnreadableGrantError } from './grants/unreadable-grant-error.ts';
